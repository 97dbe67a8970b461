"""Judges of the standard Zelfmetingen: searching measurements, and sending them in a batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from harness.core.run.findings import Finding
from harness.core.text import Phrase, Text, counted, joined
from harness.judge.every_standard.answers import (
    OFFENDERS,
    Answer,
    Json,
    codings,
    dates,
    objects,
    requests,
    searchsets,
    text,
    true,
)
from harness.judge.every_standard.bundles import FOR_WRITES, OID, UUID, check_bundle
from harness.judge.every_standard.content import Check, each_match
from harness.judge.every_standard.paging.chains import chains
from harness.judge.phrases import MISSING, NO_CATEGORY, NO_CODE, NO_STATUS, ending, no
from harness.judge.registry import judge
from harness.judge.view import CellView

OF_THE_QUERY = Text(nl="een code van de zoekvraag", en="a code of the query")
VITAL = Text(nl="categorie vital-signs", en="category vital-signs")
BOTH_PRESSURES = Text(
    nl="components 8480-6 en 8462-4 met een waarde", en="components 8480-6 and 8462-4 with a value"
)
ENTRIES = (Text(nl="entry", en="entry"), Text(nl="entries", en="entries"))
BATCH_RESPONSE = Text(nl="200, batch-response, entries: {number}", en="200, batch-response, {number} entries")
CREATED = Text(nl="201 (of 200)", en="201 (or 200)")
ALL_POST = Text(nl="batch, elke request.method POST", en="batch, every request.method POST")
NO_BUNDLE = Text(nl="geen Bundle", en="no Bundle")
NEW_ENTRY = Text(
    nl="geen resource.id; fullUrl urn:uuid of urn:oid", en="no resource.id; fullUrl urn:uuid or urn:oid"
)
NAMED_ENTRY = Text(nl="resource.id of een andere fullUrl", en="resource.id or another fullUrl")
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
VITAL_SIGNS = ("http://hl7.org/fhir/observation-category", "vital-signs")
BY_CODE = ("zm-bloodpressure", "zm-weight-last", "zm-glucose", "zm-heartrate", "zm-empty", "zm-period")
SEARCHES = (*BY_CODE, "zm-vitalsigns")
BLOOD_PRESSURE = (LOINC, "85354-9")
SENT_RULES = tuple(rule for rule in FOR_WRITES if rule.number != "GEN-003")
"""General checks of a Bundle that is sent: new resources have no id yet."""


def _has_code_of(view: CellView, operation: str) -> Check:
    wanted: set[tuple[str, str]] = set()
    for answer in searchsets(view):
        if answer.query.operation == operation:
            for name, value in answer.query.resolved(dates(view)):
                if name == "code":
                    wanted |= {tuple(part.split("|", 1)) for part in value.split(",") if "|" in part}  # type: ignore[misc]

    def check(resource: Json) -> Phrase:
        found = codings(resource.get("code"))
        if wanted.intersection(found):
            return ""
        return ", ".join(f"{system}|{code}" for system, code in found) or NO_CODE

    return check


@judge("ZM-SRC-001")
def code_filter(view: CellView) -> Iterator[Finding]:
    """Only the codes that were asked for."""
    for operation in BY_CODE:
        yield from each_match(
            view, "ZM-SRC-001", operation, _has_code_of(view, operation), OF_THE_QUERY, "code"
        )


@judge("ZM-SRC-003")
def last_only(view: CellView) -> Iterator[Finding]:
    """$lastn gives at most one measurement per code."""
    for chain in chains(view):
        answer = chain.first
        if answer.query.operation != "zm-weight-last":
            continue
        found = (item for page in chain.answers for _, item in page.matches)
        tally = Counter(codings(item.get("code"))[:1][0] for item in found if codings(item.get("code")))
        double = {f"{system}|{code}": number for (system, code), number in tally.items() if number > 1}
        if double:
            yield view.fail(
                "ZM-SRC-003",
                exchange=answer.exchange,
                path="Bundle.entry",
                expected="1 per code",
                received=", ".join(f"{number}x {code}" for code, number in sorted(double.items())),
            )
        else:
            yield view.ok("ZM-SRC-003", answer.exchange)


@judge("ZM-SRC-004")
def category_filter(view: CellView) -> Iterator[Finding]:
    """Only vital signs."""

    def check(resource: Json) -> Phrase:
        found = codings(resource.get("category"))
        return "" if VITAL_SIGNS in found else ", ".join("|".join(item) for item in found) or NO_CATEGORY

    return each_match(view, "ZM-SRC-004", "zm-vitalsigns", check, VITAL, "category")


def _quantities(resource: Json) -> list[Json]:
    found = objects(resource.get("valueQuantity"))
    for component in objects(resource.get("component")):
        found += objects(component.get("valueQuantity"))
    return found


@judge("ZM-VAL-001")
def units(view: CellView) -> Iterator[Finding]:
    """value, unit, UCUM and code."""

    def check(resource: Json) -> Phrase:
        for quantity in _quantities(resource):
            missing = [
                name for name in ("value", "unit", "system", "code") if quantity.get(name) in (None, "")
            ]
            if missing:
                return no(missing)
            if quantity["system"] != UCUM:
                return text(quantity["system"])
        return ""

    for operation in SEARCHES:
        yield from each_match(
            view,
            "ZM-VAL-001",
            operation,
            check,
            f"value + unit + {UCUM} + code",
            "valueQuantity",
            compares=("valueQuantity.system", "component.valueQuantity.system"),
        )


@judge("ZM-VAL-002")
def blood_pressure(view: CellView) -> Iterator[Finding]:
    """Both pressures."""

    def check(resource: Json) -> Phrase:
        if BLOOD_PRESSURE not in codings(resource.get("code")):
            return ""
        present = {
            code
            for component in objects(resource.get("component"))
            if objects(component.get("valueQuantity"))
            for _, code in codings(component.get("code"))
        }
        missing = {"8480-6", "8462-4"} - present
        return no(sorted(missing)) if missing else ""

    for operation in ("zm-bloodpressure", "zm-period", "zm-vitalsigns"):
        yield from each_match(view, "ZM-VAL-002", operation, check, BOTH_PRESSURES, "component")


@judge("ZM-VAL-003")
def measured_when(view: CellView) -> Iterator[Finding]:
    """effectiveDateTime or effectivePeriod."""

    def check(resource: Json) -> Phrase:
        known = resource.get("effectiveDateTime") or resource.get("effectivePeriod")
        return "" if known else no(["effective[x]"])

    for operation in SEARCHES:
        yield from each_match(view, "ZM-VAL-003", operation, check, "effectiveDateTime | effectivePeriod")


# -- sending ------------------------------------------------------------------------------------------


def sent_batches(view: CellView) -> list[Answer]:
    """Bundles that the PGO posted, with the answers."""
    return [item for item in requests(view) if item.query.body and item.exchange.request.method == "POST"]


def _judged(view: CellView) -> list[tuple[Answer, Json]]:
    """Batches that the HIS must accept: the PGO sent a sound batch Bundle with a token."""
    pairs = []
    for request in _requests(view):
        sound = request.resource.get("type") == "batch" and all(
            true(rule.decides, request.context) for rule in SENT_RULES
        )
        if request.authorized and sound:
            answer = Answer(view, request.exchange, request.query, request.format)
            pairs.append((answer, request.resource))
    return pairs


def _accepted(view: CellView) -> list[tuple[Answer, Json]]:
    return [
        (answer, sent)
        for answer, sent in _judged(view)
        if answer.answered and answer.resource.get("type") == "batch-response"
    ]


@judge("ZM-SND-001")
def batch_accepted(view: CellView) -> Iterator[Finding]:
    """200 and batch-response with as many entries."""
    for answer, sent in _judged(view):
        wanted = len(objects(sent.get("entry")))
        if answer.answered and answer.resource.get("type") == "batch-response":
            if len(answer.entries) == wanted:
                yield view.ok("ZM-SND-001", answer.exchange, received=str(answer.status))
                continue
            received: Phrase = counted(len(answer.entries), *ENTRIES)
        else:
            received = joined(ending(answer.exchange), text(answer.resource.get("type")), separator=" ")
        yield view.fail(
            "ZM-SND-001",
            exchange=answer.exchange,
            path="Bundle.type" if answer.answered else "status",
            expected=BATCH_RESPONSE.format(number=wanted),
            received=received,
        )


@judge("ZM-SND-002")
def entries_created(view: CellView) -> Iterator[Finding]:
    """200 or 201 per entry."""
    for answer, _ in _accepted(view):
        wrong = []
        for index, entry in enumerate(answer.entries):
            response = entry.get("response")
            status = text(response.get("status")) if isinstance(response, dict) else ""
            if not status.startswith(("200", "201")):
                wrong.append((f"Bundle.entry[{index}].response.status", status))
        if not wrong:
            yield view.ok("ZM-SND-002", answer.exchange, received=f"{len(answer.entries)}x")
        for path, status in wrong[:OFFENDERS]:
            line, column = answer.line(path)
            yield view.fail(
                "ZM-SND-002",
                exchange=answer.exchange,
                path=path,
                line=line,
                column=column,
                expected=CREATED,
                received=status or NO_STATUS,
                next_step=Text(
                    nl="Verwijzingen naar de Patient-entry in dezelfde batch moeten worden aanvaard; de "
                    "OperationOutcome in het antwoord zegt wat er misging.",
                    en="References to the Patient entry of the same batch must be accepted; the "
                    "OperationOutcome in the answer says what went wrong.",
                ),
            )


def _kinds(resources: list[Json]) -> Counter[str]:
    return Counter(text(item.get("resourceType")) for item in resources)


def _sent_resources(sent: Json) -> list[Json]:
    return [item for entry in objects(sent.get("entry")) for item in objects(entry.get("resource"))]


@judge("ZM-SND-003")
def resources_returned(view: CellView) -> Iterator[Finding]:
    """As many resources per type as were sent."""
    for answer, sent in _accepted(view):
        wanted = _kinds(_sent_resources(sent))
        found = _kinds([resource for _, resource in answer.resources])
        missing = {kind: (number, found[kind]) for kind, number in wanted.items() if found[kind] != number}
        if missing:
            yield view.fail(
                "ZM-SND-003",
                exchange=answer.exchange,
                path="Bundle.entry.resource",
                expected=", ".join(f"{number} {kind}" for kind, (number, _) in sorted(missing.items())),
                received=", ".join(f"{number} {kind}" for kind, (_, number) in sorted(missing.items())),
            )
        else:
            yield view.ok("ZM-SND-003", answer.exchange)


def _facts(resource: Json) -> tuple[Any, ...]:
    """Codes and values of an Observation, in a form that can be compared and counted."""
    parts = [resource, *objects(resource.get("component"))]
    return tuple(
        sorted(
            (
                codings(part.get("code")),
                str(quantity.get("value")),
                text(quantity.get("code")),
            )
            for part in parts
            for quantity in objects(part.get("valueQuantity")) or [{}]
        )
    )


@judge("ZM-SND-004")
def same_values(view: CellView) -> Iterator[Finding]:
    """Codes and values come back unchanged (numbers with the same precision)."""
    for answer, sent in _accepted(view):
        observations = [item for item in _sent_resources(sent) if item.get("resourceType") == "Observation"]
        returned = [item for _, item in answer.resources if item.get("resourceType") == "Observation"]
        if not returned:
            continue
        lost = Counter(str(_facts(item)) for item in observations)
        lost.subtract(Counter(str(_facts(item)) for item in returned))
        if not any(lost.values()):
            yield view.ok("ZM-SND-004", answer.exchange)
            continue
        yield view.fail(
            "ZM-SND-004",
            exchange=answer.exchange,
            path="Bundle.entry.resource",
            expected="; ".join(sorted(key for key, number in lost.items() if number > 0))[:180],
            received="; ".join(sorted(key for key, number in lost.items() if number < 0))[:180] or MISSING,
        )


@judge("ZM-SND-005")
def response_checks(view: CellView) -> Iterator[Finding]:
    """The general checks on the batch-response."""
    for answer, _ in _accepted(view):
        if answer.resources:
            yield from _all_rules(view, answer, "ZM-SND-005")


def _all_rules(view: CellView, answer: Answer, requirement: str) -> Iterator[Finding]:
    for rule in FOR_WRITES:
        yield from check_bundle(view, answer, rule, requirement)


# -- what the PGO sent ----------------------------------------------------------------------------------


def _requests(view: CellView) -> Iterator[Answer]:
    """The sent Bundles as if they were answers, so that the same checks and places apply."""
    for answer in sent_batches(view):
        request = Answer(view, answer.exchange, answer.query, answer.format)
        request.document = view.request_document(answer.exchange)
        yield request


@judge("ZM-BUN-001")
def bundle_type(view: CellView) -> Iterator[Finding]:
    """A batch of POST entries."""
    for request in _requests(view):
        fits = request.bundle and true(
            "Bundle.type = 'batch' and Bundle.entry.all(request.method = 'POST')", request.context
        )
        if fits:
            yield view.ok("ZM-BUN-001", request.exchange, mode="fhirpath:hapi")
        else:
            yield view.fail(
                "ZM-BUN-001",
                exchange=request.exchange,
                path="Bundle.type",
                expected=ALL_POST,
                received=text(request.resource.get("type")) or NO_BUNDLE,
                mode="fhirpath:hapi",
            )


@judge("ZM-BUN-002")
def new_entries(view: CellView) -> Iterator[Finding]:
    """No id, urn fullUrl."""
    rule = (
        "Bundle.entry.where(request.method = 'POST').all(resource.id.empty() and (fullUrl.empty() or "
        f"fullUrl.matches('{OID}') or fullUrl.matches('{UUID}')))"
    )
    for request in _requests(view):
        if not request.bundle:
            continue
        if true(rule, request.context):
            yield view.ok("ZM-BUN-002", request.exchange, mode="fhirpath:hapi")
        else:
            yield view.fail(
                "ZM-BUN-002",
                exchange=request.exchange,
                path="Bundle.entry",
                expected=NEW_ENTRY,
                received=NAMED_ENTRY,
                mode="fhirpath:hapi",
            )


@judge("ZM-BUN-003")
def request_checks(view: CellView) -> Iterator[Finding]:
    """The general checks on the Bundle that is sent."""
    for request in _requests(view):
        if request.bundle:
            for rule in SENT_RULES:
                yield from check_bundle(view, request, rule, "ZM-BUN-003")
