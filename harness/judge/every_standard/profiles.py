"""Judge of check 8: every answer against the base specification and each resource against its own profile."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from harness.core.issues import Issue, shorten
from harness.core.run.findings import Finding
from harness.core.text import Text
from harness.fhir.validation import Validator
from harness.judge.every_standard.answers import OFFENDERS, Answer, own, searchsets, text
from harness.judge.registry import judge_every
from harness.judge.view import CellView

UNKNOWN = "fhir-profile-unknown"
ACROSS = ("fhir-reference", "ref-", "dom-", "bdl-")
"""Rules that look at other elements than the one they report: a mask anywhere may have decided them."""
ELSEWHERE = frozenset(("fhir-bundle-fullurl",))
"""Rules that have a requirement of their own (GEN-005)."""


@cache
def validator() -> Validator:
    """The validator with the constraint facts that ship with the harness; the same on every machine."""
    return Validator()


@judge_every("GEN-018")
def conforms(view: CellView) -> Iterator[Finding]:
    """No issue of severity error; a resource of which no profile is known makes the answer undecided.

    Profiles beside a known one are free: a server may say more of its resources than the standard asks.
    """
    requirement = own(view, "GEN-018")
    for answer in searchsets(view):
        yield from _check(view, requirement, answer)


def _check(view: CellView, requirement: str, answer: Answer) -> Iterator[Finding]:
    document = answer.document
    if document is None or document.fatal or not answer.entries:
        return
    source = set(document.issues)  # syntax is judged by GEN-020
    issues = validator().validate(document)
    found = [item for item in issues if item not in source and item.rule not in ELSEWHERE]
    errors = [item for item in found if item.severity == "error"]
    unknown = _unknown(answer, [item for item in found if item.rule == UNKNOWN])
    for issue in errors[:OFFENDERS]:
        if answer.masks and issue.rule.startswith(ACROSS):
            yield view.masked(requirement, answer.exchange, issue.path)
        else:
            yield _error(view, requirement, answer, issue)
    if unknown and not errors:
        yield view.inconclusive(
            requirement,
            Text(
                nl="profiel niet bekend in deze installatie; geef het officiële pakket mee",
                en="profile not known in this installation; provide the official package",
            ),
            exchange=answer.exchange,
            received=shorten(", ".join(unknown)),
        )
    if not errors and not unknown:
        skipped = sum(1 for item in found if item.severity == "not-checked")
        seen = f"{skipped} rules not checked offline" if skipped else ""
        yield view.ok(requirement, answer.exchange, received=seen, mode="fhir:builtin")


def _unknown(answer: Answer, issues: list[Issue]) -> list[str]:
    """Profiles that are not known, of resources that state no known one beside them."""
    found: set[str] = set()
    for path, resource in answer.resources:
        here = {item.expected for item in issues if item.path.startswith(f"{path}.")}
        meta = resource.get("meta")
        stated = meta.get("profile") if isinstance(meta, dict) else None
        if here and not (isinstance(stated, list) and {text(item) for item in stated} - here):
            found |= here
    inside = tuple(f"{path}." for path, _ in answer.resources)
    return sorted(found | {item.expected for item in issues if not item.path.startswith(inside)})


def _error(view: CellView, requirement: str, answer: Answer, issue: Issue) -> Finding:
    return view.fail(
        requirement,
        exchange=answer.exchange,
        path=issue.path,
        line=issue.line,
        column=issue.column,
        expected=issue.expected or issue.message.en,
        received=issue.received,
        next_step=issue.message,
        rule=issue.rule,
        mode="fhir:builtin",
    )
