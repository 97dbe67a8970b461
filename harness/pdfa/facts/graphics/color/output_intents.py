"""Output intents: the colour space that device colours are meant for (ISO 32000-1, 14.11.5)."""

from __future__ import annotations

from typing import Any

from harness.pdfa.facts.context import Context
from harness.pdfa.facts.graphics.color import icc
from harness.pdfa.file.lex import Ref


def walk_output_intents(ctx: Context) -> None:
    """Facts of the output intents and their profiles; sets :attr:`Context.output_space`."""
    doc = ctx.doc
    with ctx.inside(doc.trailer.get("Root")):  # an intent may be a direct object
        profiles: list[Any] = []
        for index, item in enumerate(doc.array(ctx.root.get("OutputIntents"))):
            intent = doc.resolve(item)
            if type(intent) is not dict:
                continue
            where = f"Catalog / OutputIntents[{index}]"
            kind = doc.name(intent.get("S"))
            with ctx.inside(item):
                ctx.emit("PDOutputIntent", "DestOutputProfileRef" in intent, where)
            value = intent.get("DestOutputProfile")
            if value is None:
                continue
            profiles.append(value)
            stream = doc.stream(value)
            if stream is None:
                continue
            fact = icc.read(stream)
            with ctx.inside(stream):
                ctx.emit("ICCOutputProfile", fact, where, fact.describe())
                icc.emit_count(ctx, stream, fact, where)
            if kind == "GTS_PDFA1" and ctx.output_space is None:
                ctx.output_space = fact.space or "?"
        same = all(type(p) is Ref and p == profiles[0] for p in profiles) if len(profiles) > 1 else True
        ctx.emit("OutputIntents", same, "Catalog / OutputIntents")
