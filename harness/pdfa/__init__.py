# ruff: noqa: E501  (bilingual texts and tables)
"""PDF/A validation (ISO 19005-1, -2, -3) without Java: :func:`check` says whether a document is what it claims.

How it works, in the order of one check (:mod:`harness.pdfa.checking`):

1. :mod:`~harness.pdfa.file.lex` and :mod:`~harness.pdfa.file.cos` read the raw file: header, cross-reference chain, every
   object at the offset that the cross-reference gives. Nothing is repaired; oddities become facts.
2. :mod:`~harness.pdfa.facts.metadata.metadata` reads the XMP packets, the claim and the document information.
3. :mod:`~harness.pdfa.facts.document.catalog` judges output intents, actions, forms, optional content, structure, signatures.
4. :mod:`~harness.pdfa.facts.document.pages` and :mod:`~harness.pdfa.facts.graphics.content` run each content stream once with a graphics
   state; only what is really used (fonts, images, colour spaces) is judged.
5. :mod:`~harness.pdfa.fonts` reads font programs as far as the used glyphs need.

A rule (:mod:`~harness.pdfa.rules`, :mod:`~harness.pdfa.rules.registry`) is a predicate over one fact object; its id is
``<clause>-<test>`` as veraPDF prints it. All loops spend from a budget (:mod:`~harness.pdfa.file.limits`).
"""

from __future__ import annotations

from pathlib import Path

from harness.core.errors import UsageError, nearest
from harness.core.text import Text
from harness.pdfa.file.limits import Budget, LimitExceeded, Limits, Unreadable
from harness.pdfa.model import FLAVOURS, Flavour, Outcome, Report, Violation

__all__ = ["FLAVOURS", "Flavour", "Limits", "Outcome", "Report", "Violation", "check"]


def check(
    data: bytes | Path, flavour: str = "auto", limits: Limits | None = None, isolated: bool = False
) -> Report:
    """Check one document.

    :param data: the document, or the file that holds it.
    :param flavour: ``auto`` (what the document claims; without a usable claim as 1b and 2b) or one of :data:`FLAVOURS`.
    :param limits: safety limits.
    :param isolated: run in a worker process with limits on memory and processor time.
    :raises UsageError: an unknown flavour.
    """
    if flavour != "auto" and flavour not in FLAVOURS:
        raise UsageError(
            Text(nl=f"Onbekende flavour {flavour!r}.", en=f"Unknown flavour {flavour!r}."),
            expected="auto, " + ", ".join(FLAVOURS),
            received=flavour,
            next_step=nearest(flavour, FLAVOURS),
        )
    limits = limits or Limits()
    if isinstance(data, Path):
        if data.stat().st_size > limits.file_bytes:
            return _stopped("limit", "file_bytes", flavour)
        data = data.read_bytes()
    if len(data) > limits.file_bytes:
        return _stopped("limit", "file_bytes", flavour)
    if isolated:
        from harness.pdfa.worker import check_isolated

        return check_isolated(data, flavour, limits)
    return check_here(data, flavour, limits)


def check_here(data: bytes, flavour: str, limits: Limits) -> Report:
    """Check in this process; see :func:`check`."""
    from harness.pdfa.checking import run
    from harness.pdfa.facts.metadata import metadata
    from harness.pdfa.file.cos import Document

    budget = Budget(limits)
    claimed: str | None = None
    try:
        _, packet = metadata.read_main(Document(data, budget), limits)
        claimed = metadata.claim(packet)
        if flavour != "auto":
            wanted = [flavour]
        elif claimed in FLAVOURS:
            wanted = [claimed]
        else:
            wanted = ["1b", "2b"]
        contexts = [run(data, FLAVOURS[one], budget) for one in wanted]
    except Unreadable as error:
        return _stopped("unreadable", str(error.args[0]), flavour, claimed)
    except LimitExceeded as error:
        return _stopped("limit", str(error.args[0]), flavour, claimed)
    except (RecursionError, MemoryError) as error:
        return _stopped("limit", type(error).__name__, flavour, claimed)
    both = len(contexts) > 1
    rules: set[str] = set()
    findings: list[Violation] = []
    for one, context in zip(wanted, contexts, strict=True):
        mark = f"{one}:" if both else ""
        rules.update(mark + id_ for id_ in context.findings.counts)
        findings += context.findings.result(mark)
    return Report(
        outcome="invalid" if rules or both else "valid",
        flavour="+".join(wanted),
        claimed=claimed,
        rules=tuple(sorted(rules)),
        findings=tuple(findings),
        pages=contexts[0].pages,
        empty_pages=tuple(contexts[0].empty_pages),
    )


_REASONS: dict[str, Text] = {
    "header": Text(nl="Geen PDF-kop (%PDF-) in de eerste 1024 bytes.", en="No PDF header (%PDF-) in the first 1024 bytes."),
    "startxref": Text(nl="Geen startxref aan het eind van het bestand.", en="No startxref at the end of the file."),
    "xref": Text(nl="De kruisverwijzingstabel staat niet waar startxref wijst.", en="The cross-reference is not where startxref points."),
    "xref offset": Text(nl="startxref of Prev wijst buiten het bestand.", en="startxref or Prev points outside the file."),
    "xref loop": Text(nl="De kruisverwijzingstabellen verwijzen naar elkaar.", en="The cross-reference sections refer to each other."),
    "xref stream": Text(nl="De kruisverwijzingsstroom is beschadigd.", en="The cross-reference stream is damaged."),
    "trailer": Text(nl="De trailer ontbreekt of is beschadigd.", en="The trailer is missing or damaged."),
    "object": Text(nl="Een object is beschadigd.", en="An object is damaged."),
    "catalog": Text(nl="De trailer verwijst niet naar een catalogus.", en="The trailer does not refer to a catalog."),
    "page tree": Text(nl="De paginaboom ontbreekt.", en="The page tree is missing."),
    "page tree loop": Text(nl="De paginaboom verwijst naar zichzelf.", en="The page tree refers to itself."),
    "password": Text(nl="Het document is versleuteld met een wachtwoord.", en="The document is encrypted with a password."),
    "encryption handler": Text(nl="Onbekende versleuteling.", en="Unknown encryption."),
    "encryption dictionary": Text(nl="De versleutelingsgegevens zijn beschadigd.", en="The encryption data is damaged."),
}  # fmt: skip


def _stopped(outcome: Outcome, reason: str, flavour: str, claimed: str | None = None) -> Report:
    if outcome == "limit":
        text = Text(nl=f"Veiligheidsgrens bereikt: {reason}.", en=f"Safety limit reached: {reason}.")
    else:
        text = _REASONS.get(reason, Text(nl=f"Onleesbaar: {reason}.", en=f"Unreadable: {reason}."))
    chosen = flavour if flavour != "auto" else (claimed if claimed in FLAVOURS else "1b+2b") or "1b+2b"
    return Report(outcome=outcome, flavour=chosen, claimed=claimed, reason=text)
