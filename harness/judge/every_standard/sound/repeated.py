"""Judge of what a server says twice: one resource is the same in JSON and XML and under every query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from harness.core.run.findings import Finding
from harness.core.text import Text, counted, joined
from harness.judge.every_standard.answers import OFFENDERS, Answer, Json, objects, own, searchsets, text
from harness.judge.phrases import ABSENT
from harness.judge.registry import judge_every
from harness.judge.view import CellView
from harness.reference.content.compare import Comparison
from harness.reference.content.gaps import Gap
from harness.reference.content.table import content_table
from harness.reference.reconcile.answers import reference_key

RESOURCES = (Text(nl="resource", en="resource"), Text(nl="resources", en="resources"))
ADVICE = Text(
    nl="Twee antwoorden spreken elkaar tegen over dezelfde resource: formaat of zoekvraag verandert de "
    "inhoud. Zoek uit welk antwoord niet zegt wat in het HIS staat.",
    en="Two answers contradict each other about the same resource: the format or the query changes the "
    "content. Find out which does not say what the HIS holds.",
)
_ENCODER = msgspec.json.Encoder(order="deterministic")


class Copy(NamedTuple):
    """A resource where it was answered."""

    answer: Answer
    place: str
    resource: Json


@judge_every("GEN-023")
def the_same_everywhere(view: CellView) -> Iterator[Finding]:
    """Resources with one type and id agree; what a server may vary, and other versions, count as equal."""
    requirement = own(view, "GEN-023")
    copies = _copies(view)
    several = [found for found in copies.values() if len(found) > 1]
    wrong = hidden = 0
    for found in several:
        first = found[0]
        for other in found[1:]:
            gap, masked = _contradiction(first, other)
            if masked and not hidden:
                hidden += 1
                yield view.masked(requirement, other.answer.exchange, other.place)
            if gap is None or wrong >= OFFENDERS:
                continue
            wrong += 1
            path = other.place + gap.path.partition("(")[0].removeprefix(text(other.resource["resourceType"]))
            line, column = other.answer.line(path)
            yield view.fail(
                requirement,
                exchange=other.answer.exchange,
                path=path,
                line=line,
                column=column,
                expected=joined(
                    gap.expected or ABSENT, f"({first.answer.exchange.operation})", separator=" "
                ),
                received=gap.received or ABSENT,
                next_step=ADVICE,
            )
    if several and not wrong and not hidden:
        yield view.ok(requirement, several[0][1].answer.exchange, received=counted(len(several), *RESOURCES))
    if copies and not several:
        yield _never_twice(view, requirement)


def _copies(view: CellView) -> dict[str, list[Copy]]:
    """The resources with an id, by type and id."""
    found: dict[str, list[Copy]] = {}
    for answer in searchsets(view):
        for place, resource in answer.resources:
            kind, identity = text(resource.get("resourceType")), text(resource.get("id"))
            if kind and identity:
                found.setdefault(f"{kind}/{identity}", []).append(Copy(answer, place, resource))
    return found


def _never_twice(view: CellView, requirement: str) -> Finding:
    if {"json", "xml"} <= {answer.format for answer in searchsets(view)}:
        reason = Text(
            nl="geen resource komt onder dezelfde id in twee antwoorden voor",
            en="no resource is in two answers under one id",
        )
        return view.not_applicable(requirement, reason)
    return view.not_tested(
        requirement,
        Text(nl="de PGO vroeg maar één formaat", en="the PGO asked for one format only"),
    )


def _contradiction(first: Copy, other: Copy) -> tuple[Gap | None, bool]:
    """Something that cannot be right in both, and whether a mask keeps it from being seen: what differs and
    is masked on either side may be the same, written in two ways.
    """
    left, right = first.resource, other.resource
    if _ENCODER.encode(left) == _ENCODER.encode(right) or _versions_differ(left, right):
        return None, False
    if _is_part(left) or _is_part(right):
        return None, False
    there, back = _gaps(left, right), _gaps(right, left)
    one_sided = [gap for gap in there if gap.kind == "absent" or gap.note == "added"]
    one_sided += [
        gap._replace(expected=gap.received, received=gap.expected) for gap in back if gap.kind == "absent"
    ]
    altered = {gap.path for gap in back if gap.note != "added"}
    both = [gap for gap in there if gap.kind == "altered" and gap.note != "added" and altered]
    masked = False
    for gap in (*both, *one_sided):
        path = gap.path.partition("(")[0].partition(".")[2]
        hidden = first.answer.masks.touches(f"{first.place}.{path}") or other.answer.masks.touches(
            f"{other.place}.{path}"
        )
        if not hidden:
            return gap, False
        masked = True
    return None, masked


def _versions_differ(left: Json, right: Json) -> bool:
    """Whether the resource was changed between the answers, or its server says so."""
    metas = [item.get("meta") for item in (left, right)]
    for name in ("versionId", "lastUpdated"):
        stated = [meta.get(name) for meta in metas if isinstance(meta, dict) and meta.get(name)]
        if len(stated) == 2 and stated[0] != stated[1]:
            return True
    return False


def _is_part(resource: Json) -> bool:
    """Whether a server says that it left elements out (FHIR STU3 search.html: SUBSETTED)."""
    meta = resource.get("meta")
    tags = objects(meta.get("tag")) if isinstance(meta, dict) else []
    return any(tag.get("code") == "SUBSETTED" for tag in tags)


def _gaps(left: Json, right: Json) -> list[Gap]:
    trial = Comparison(content_table(), _unlike)
    trial.resource(left, right)
    found = [gap for gap in trial.gaps if gap.kind != "remark"]
    for met in trial.met:
        ours, theirs = (reference_key(item.get("reference")) for item in (met.wanted, met.given))
        if _names_a_resource(ours) and _names_a_resource(theirs) and ours != theirs:
            found.append(Gap("altered", met.path, ours, theirs))
    return found


def _unlike(wanted: Mapping[str, Any], given: Mapping[str, Any]) -> float:
    """Which references of two lists belong together: those with one target, then those with one display."""
    if reference_key(wanted.get("reference")) == reference_key(given.get("reference")):
        return 0.0
    return 0.5 if wanted.get("display") == given.get("display") else 1.0


def _names_a_resource(key: str) -> bool:
    """Whose record it is, is asked elsewhere."""
    return "/" in key and not key.startswith(("#", "urn:", "Patient/"))
