"""Actions: wherever one hangs, it and everything it chains to is looked at once (ISO 32000-1, 12.6)."""

from __future__ import annotations

from typing import Any

from harness.pdfa.facts.context import Context


def walk_action(ctx: Context, value: Any, where: str) -> None:
    """Facts of an action dictionary and its ``Next`` chain (loops are cut)."""
    doc = ctx.doc
    work = [value]
    while work:
        value = work.pop()
        action = doc.resolve(value)
        if type(action) is not dict or not ctx.first("action", doc.key(value)):
            continue
        kind = doc.name(action.get("S"))
        ctx.emit("PDAction", kind, where, kind or "")
        if kind == "Named":
            name = doc.name(action.get("N"))
            ctx.emit("PDNamedAction", name, where, name or "")
        following = doc.resolve(action.get("Next"))
        if type(following) is list:
            work += following[:1000]
        elif following is not None:
            work.append(action["Next"])


def walk_additional(ctx: Context, holder: dict[str, Any], where: str) -> None:
    """Facts of every action in the additional-actions dictionary of ``holder``."""
    for event, value in ctx.doc.sub(holder, "AA").items():
        walk_action(ctx, value, f"{where} / AA / {event}")
