"""Judge of check 8: answers against the specification, each resource against the profile that is asked."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from harness.core.issues import Issue, shorten
from harness.core.run.findings import Finding
from harness.core.standards.queries import Query
from harness.core.standards.table import standard
from harness.core.text import Text, counted
from harness.fhir.validation import Validator
from harness.fhir.validation.run import Choose
from harness.judge.every_standard.answers import OFFENDERS, Answer, Json, own, searchsets, text
from harness.judge.registry import judge_every
from harness.judge.view import CellView

SKIPPED = (
    Text(nl="regel niet offline getoetst", en="rule not checked offline"),
    Text(nl="regels niet offline getoetst", en="rules not checked offline"),
)
UNKNOWN = "fhir-profile-unknown"
ACROSS = ("fhir-reference", "ref-", "dom-", "bdl-")
"""Rules that look at other elements than the one they report: a mask anywhere may have decided them."""
NO_FULL_URL = ("fhir-cardinality-min", "fullUrl 1..1")
"""The standards leave the fullUrl of an entry open (informatiestandaarden 1.4 #7)."""
ELSEWHERE = frozenset(("fhir-bundle-fullurl",))
"""Rules that have a requirement of their own (GEN-005)."""


@cache
def validator() -> Validator:
    """The validator with the constraint facts that ship with the harness; the same on every machine."""
    return Validator()


@cache
def _of_standard(name: str) -> dict[str, tuple[str, ...]]:
    """The profiles of a standard by resource type; ``""`` for those that are not known here."""
    found: dict[str, tuple[str, ...]] = {}
    for url in standard(name).profiles:
        kind = validator().type_of(url)
        found[kind] = (*found.get(kind, ()), url)
    return found


def profiles_asked(answer: Answer, name: str) -> Choose:
    """The profiles of which each resource of an answer has to satisfy one: the query decides.

    A match is what the query asks for; whatever comes along satisfies a profile of the standard for its
    type, if there is one. What ``meta.profile`` says neither adds to this nor takes away from it.
    """
    of_type, query = _of_standard(name), answer.query  # what holds the answer would hold the whole cell
    entries = {id(resource) for _, resource in answer.resources}
    matches = {id(resource) for _, resource in answer.matches}

    def choose(resource: Json) -> tuple[str, ...]:
        if id(resource) not in entries:
            return ()  # the Bundle itself
        if id(resource) in matches and query.profiles:
            return query.profiles
        return of_type.get(text(resource.get("resourceType"))) or _unknown(query, resource, of_type)

    return choose


def _unknown(query: Query, resource: Json, of_type: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """A standard whose profiles are not known here leaves open what a match has to satisfy."""
    return of_type.get("", ()) if resource.get("resourceType") == query.resource_type else ()


@judge_every("GEN-018")
def conforms(view: CellView) -> Iterator[Finding]:
    """No issue of severity error; a resource whose profile is not known here makes the answer undecided."""
    requirement = own(view, "GEN-018")
    for answer in searchsets(view):
        yield from _check(view, requirement, answer)


def _check(view: CellView, requirement: str, answer: Answer) -> Iterator[Finding]:
    document = answer.document
    if document is None or document.fatal or not answer.entries:
        return
    source = set(document.issues)  # syntax is judged by GEN-020
    choose = profiles_asked(answer, view.cell.standard)
    issues = validator().validate(document, declared=False, choose=choose)
    found = [
        item
        for item in issues
        if item not in source and item.rule not in ELSEWHERE and (item.rule, item.expected) != NO_FULL_URL
    ]
    errors = [item for item in found if item.severity == "error"]
    unknown = sorted({item.expected for item in found if item.rule == UNKNOWN})
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
        seen = counted(skipped, *SKIPPED) if skipped else ""
        yield view.ok(requirement, answer.exchange, received=seen, mode="fhir:builtin")


def _error(view: CellView, requirement: str, answer: Answer, issue: Issue) -> Finding:
    return view.fail(
        requirement,
        exchange=answer.exchange,
        path=issue.path,
        line=issue.line,
        column=issue.column,
        expected=issue.wanted or issue.message,
        received=issue.seen,
        next_step=issue.message,
        rule=issue.rule,
        mode="fhir:builtin",
    )
