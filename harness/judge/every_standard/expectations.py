"""Content against the expectation file of the test person: counts, what must be there, what must not.

Without an expectation file content rules are not tested (the reason says so); never a pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from harness.core.issues import shorten
from harness.core.run.findings import Finding
from harness.core.text import Text
from harness.fhir.fhirpath import Node
from harness.judge.every_standard.answers import (
    NO_MANIFEST,
    Answer,
    answers,
    dates,
    place,
    select,
    true,
    unsupported_manifest,
)
from harness.judge.view import CellView

NO_FILE = Text(
    nl="geen verwachtingenbestand voor deze testpersoon; noem er een in het netwerkbestand bij de persoon "
    "(expectations: BESTAND)",
    en="no expectation file for this test person; name one with the person in the network file "
    "(expectations: FILE)",
)


def expected_content(view: CellView, requirement: str, operation: str) -> Iterator[Finding]:
    """Findings of one operation's expectations on every answer to it (both formats)."""
    if view.expectations is None:
        yield view.not_tested(requirement, NO_FILE)
        return
    wanted = view.expectations.get("operations", {}).get(operation)
    if wanted is None:
        yield view.not_tested(
            requirement,
            Text(
                nl=f"het verwachtingenbestand zegt niets over {operation}",
                en=f"the expectation file says nothing about {operation}",
            ),
        )
        return
    found = answers(view, operation)
    if found and all(unsupported_manifest(item) for item in found):
        yield view.unseen(requirement, NO_MANIFEST, "no-document-manifest")
        return
    for answer in found:
        if answer.answered and answer.bundle:
            problems = list(_compare(view, requirement, answer, wanted))
            yield from problems or [view.ok(requirement, answer.exchange, mode="expectation")]


def _compare(
    view: CellView, requirement: str, answer: Answer, wanted: Mapping[str, Any]
) -> Iterator[Finding]:
    for kind, amount in wanted.get("count", {}).items():
        number = sum(1 for _, resource in answer.resources if resource.get("resourceType") == kind)
        low, high = bounds(amount)
        if number < low or (high is not None and number > high):
            yield _broken(view, requirement, answer, f"{kind}: {describe(amount)}", f"{kind}: {number}")
    for fact in wanted.get("must_contain", ()):
        holds, label, seen = _holds(view, answer, fact)
        if not holds:
            different = _different(view, answer, fact)
            yield _broken(view, requirement, answer, f"contains {label}", seen, different or "Bundle.entry")
    for fact in wanted.get("must_not_contain", ()):
        holds, label, _ = _holds(view, answer, fact)
        if holds:
            yield _broken(view, requirement, answer, f"does not contain {label}", "present")
        elif answer.masks.touches("Bundle.entry"):
            yield view.masked(requirement, answer.exchange, "Bundle.entry")


def bounds(amount: int | Mapping[str, int]) -> tuple[int, int | None]:
    """Least and most (``None``: no limit) of an expected amount."""
    if isinstance(amount, int):
        return amount, amount
    return amount.get("min", 0), amount.get("max")


def describe(amount: int | Mapping[str, int]) -> str:
    """An expected amount as text."""
    low, high = bounds(amount)
    if low == high:
        return str(low)
    return f">= {low}" if high is None else f"{low}..{high}"


def _different(view: CellView, answer: Answer, fact: Any) -> str:
    """The place of a masked value that the recorder found to be another than the declared one, or ``""``."""
    if isinstance(fact, str) or not answer.masks:
        return ""
    path = f"Bundle.entry.resource.where($this is {fact['type']}).{fact['path']}"
    found = [place(item) for item in select(path, answer.context)]
    return next((item for item in found if item and answer.masks.differs(item)), "")


def _holds(view: CellView, answer: Answer, fact: Any) -> tuple[bool, str, str]:
    """Whether a fact is true of an answer, the fact as text, and what was seen instead."""
    if isinstance(fact, str):
        expression = dates(view).resolve(fact)
        return true(expression, answer.context), shorten(expression), "false"
    value = fact["value"]
    if isinstance(value, str):
        value = dates(view).resolve(value)
    path = f"Bundle.entry.resource.where($this is {fact['type']}).{fact['path']}"
    seen = [item.value if isinstance(item, Node) else item for item in select(path, answer.context)]
    label = f"{fact['type']}.{fact['path']} = {value}"
    texts = sorted({str(item) for item in seen})
    return any(same(item, value) for item in seen), label, shorten(", ".join(texts) or "nothing")


def same(seen: Any, expected: Any) -> bool:
    """Equal as FHIR values: numbers by value, instants by moment, everything else literally."""
    if isinstance(expected, bool) or isinstance(seen, bool):
        return seen is expected
    if isinstance(expected, int | float):
        try:
            return Decimal(str(seen)) == Decimal(str(expected))
        except InvalidOperation:
            return False
    if str(seen) == str(expected):
        return True
    left, right = _instant(str(seen)), _instant(str(expected))
    return left is not None and left == right


def _instant(text: str) -> datetime | None:
    if "T" not in text:
        return None
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _broken(
    view: CellView, requirement: str, answer: Answer, expected: str, received: str, path: str = "Bundle.entry"
) -> Finding:
    return view.fail(
        requirement,
        exchange=answer.exchange,
        path=path,
        expected=expected,
        received=received,
        next_step=Text(
            nl="Vergelijk het dossier in het HIS met het verwachtingenbestand: ontbreekt het daar, of "
            "filtert de zoekvraag anders dan de standaard vraagt?",
            en="Compare the record in the HIS with the expectation file: is it missing there, or does the "
            "search filter differently from what the standard asks?",
        ),
        mode="expectation",
    )


def hidden_texts(view: CellView, requirement: str) -> Iterator[Finding]:
    """Texts that may be in no answer at all (what the GP does not share)."""
    words = (view.expectations or {}).get("nowhere", ())
    if not words:
        yield view.not_tested(
            requirement,
            Text(
                nl="het verwachtingenbestand noemt geen tekst die nergens mag staan",
                en="the expectation file names no text that may be nowhere",
            )
            if view.expectations is not None
            else NO_FILE,
        )
        return
    for answer in answers(view):
        body = answer.exchange.response.body if answer.exchange.response else b""
        hits = [word for word in words if word.encode() in body]
        for word in hits:
            line = body[: body.index(word.encode())].count(b"\n") + 1
            yield view.fail(
                requirement,
                exchange=answer.exchange,
                line=line,
                expected=f"no '{word}'",
                received=f"'{word}' in the answer",
                next_step=Text(
                    nl="Het HIS geeft iets vrij wat het niet mag delen. Dit is een blokkerende bevinding.",
                    en="The HIS discloses something it may not share. This is a blocking finding.",
                ),
            )
        if not hits and answer.answered:
            masked = answer.masks.touches("Bundle.entry")
            yield (view.masked if masked else view.ok)(requirement, answer.exchange)
