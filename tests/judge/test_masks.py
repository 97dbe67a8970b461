"""Masks and judges: what the recorder made unreadable is never a fault of the product.

Every element of every reference answer is masked, one at a time and all together, as the recorder does it;
nothing may be held against anybody for that alone.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache

import msgspec
import pytest
from standard_cell import StandardCell

from harness.core.run.exchanges import NONE, NOT_COMPARED, UNREADABLE, Exchange, Fact, Identity, Response
from harness.core.run.findings import Finding
from harness.core.verdicts import Blame, Verdict
from harness.judge.catalogue import load_catalogue
from harness.judge.judging import judge_requirements
from harness.judge.masks import Masks, Ownership, ownership, proven_numbers
from harness.judge.view import CellView
from harness.record.redact.documents.broken import masked_broken
from harness.record.redact.documents.in_json import JsonDocument
from harness.record.redact.documents.read import read_document
from harness.record.redact.people.persons import DeclaredPerson

pytestmark = pytest.mark.slow

STANDARDS = ("huisartsgegevens-2.0", "pdfa-3.0", "eafspraak-2.0", "zelfmetingen-2.0")
HANNA = DeclaredPerson(id="hanna-wilgenkamp", birth_date="1964-05-17", patients=("hanna-wilgenkamp",))
OWN = Identity(side="response", belongs="declared")
STRANGER = Identity(side="response", belongs="other", differs=("birthDate",), who="mask-person-bcdfghjklmnp")
STRUCTURE = ("resourceType", "Bundle.type", "link.relation", "search.mode", "response.status")
"""What no recorder masks: the shape of an answer."""
_INDEX = re.compile(r"\[\d+\]")


@cache
def reference(standard: str) -> StandardCell:
    return StandardCell(standard)


def element(path: str) -> str:
    """What kind of element a path is: the path without indexes and without the way to the resource."""
    return _INDEX.sub("", path)


def mask(value: str) -> str:
    """A tag of the recorder."""
    digest = hashlib.sha256(value.encode()).hexdigest()[:12]
    return f"mask-person-{digest.translate(str.maketrans('0123456789abcdef', 'bcdfghjklmnpqrst'))}"


def masked(exchange: Exchange, wanted: Callable[[str], bool], identity: Identity = OWN) -> Exchange:
    """The exchange as the recorder writes it when it masks some values of the answer."""
    assert exchange.response is not None
    kind = dict(exchange.response.headers).get("Content-Type", "")
    document = read_document(exchange.response.body, kind)
    if document is None:
        return exchange
    facts: list[Fact] = []

    def tag(value: str, path: str) -> str:
        if element(path).endswith(STRUCTURE) or not wanted(path):
            return value
        shown = mask(value)
        place = f"response.body:{path}"
        equals = HANNA.equals(path, value)
        facts.append(Fact(tag=shown, kind="person", place=place, length=len(value), equals=equals))
        return shown

    if isinstance(document, JsonDocument):
        tree = json.loads(exchange.response.body, parse_float=Decimal)
        body = json.dumps(mask_json(tree, tree["resourceType"], tag), default=str).encode()
        body = re.sub(rb'"@(-?[0-9.]+)"', rb"\1", body)
    else:
        body = document.masked(tag)
    response = Response(status=exchange.response.status, headers=exchange.response.headers, body=body)
    return msgspec.structs.replace(
        exchange, response=response, facts=(*exchange.facts, *facts), identities=(identity,)
    )


def mask_json(value: object, path: str, tag: Callable[[str, str], str]) -> object:
    """As :meth:`JsonDocument.masked`, for every kind of element; what is not masked keeps its literal."""
    if isinstance(value, dict):
        return {
            name: mask_json(child, f"{path}.{name.removeprefix('_')}", tag) for name, child in value.items()
        }
    if isinstance(value, list):
        return [mask_json(child, f"{path}[{index}]", tag) for index, child in enumerate(value)]
    if isinstance(value, str):
        return tag(value, path)
    if isinstance(value, bool) or value is None:
        return value
    shown = tag(str(value), path)
    return f"@{value}" if shown == str(value) else shown


def judged(cell: StandardCell, exchanges: list[Exchange]) -> list[Finding]:
    view = cell.view(network="net.yaml", persons={cell.cell.key: cell.person})
    changed = CellView(
        view.cell,
        exchanges,
        view.catalogue,
        t=view.t,
        now=view.now,
        records=view.records,
        settings=view._settings,
    )
    wanted = [item.id for item in load_catalogue() if item.standard == cell.standard and item.decidable]
    return judge_requirements(changed, wanted)


def elements(cell: StandardCell) -> dict[str, list[Exchange]]:
    """Every kind of element that the answers of a cell have, with the searches in which it stands."""
    found: dict[str, set[str]] = {}
    for exchange in cell.exchanges:
        seen: list[str] = []
        masked(exchange, lambda path, seen=seen: bool(seen.append(element(path))))  # type: ignore[misc, func-returns-value]
        for name in seen:
            found.setdefault(name, set()).add(exchange.operation.rpartition("-")[0])
    return {
        name: [item for item in cell.exchanges if item.operation.rpartition("-")[0] in operations]
        for name, operations in found.items()
    }


def accusations(findings: list[Finding]) -> list[str]:
    return [
        f"{item.requirement} {item.where.path}: {item.received}"
        for item in findings
        if item.verdict in (Verdict.FAIL, Verdict.WARNING, Verdict.ERROR) or item.blame is Blame.PRODUCT
    ]


@pytest.mark.parametrize("standard", STANDARDS)
def test_nothing_is_wrong_without_masks(standard: str) -> None:
    assert accusations(judged(reference(standard), reference(standard).exchanges)) == []


@pytest.mark.parametrize("standard", STANDARDS)
def test_no_judge_accuses_for_a_mask_of_ours(standard: str) -> None:
    """Each kind of element masked in every answer that has it: nobody is accused."""
    cell = reference(standard)
    names = elements(cell)
    assert len(names) > 20
    wrong: dict[str, list[str]] = {}
    lacking: dict[tuple[str, ...], list[str]] = {}  # what a part of the answers alone already lacks
    for name, exchanges in names.items():
        part = tuple(item.id for item in exchanges)
        if part not in lacking:
            lacking[part] = accusations(judged(cell, exchanges))
        before = lacking[part]
        changed = [masked(item, lambda path, name=name: element(path) == name) for item in exchanges]
        found = [item for item in accusations(judged(cell, changed)) if item not in before]
        if found:
            wrong[name] = found
    assert wrong == {}


def whole(exchange: Exchange, identity: Identity, *facts: Fact) -> Exchange:
    """The exchange with everything masked that the recorder masks in a record of a stranger."""
    assert exchange.response is not None
    kind = dict(exchange.response.headers).get("Content-Type", "")
    document = read_document(exchange.response.body, kind)
    if document is None:
        return exchange
    made: list[Fact] = []

    def tag(value: str, path: str) -> str:
        shown = mask(value)
        made.append(Fact(tag=shown, kind="person", place=f"response.body:{path}", equals=NOT_COMPARED))
        return shown

    response = msgspec.structs.replace(exchange.response, body=document.masked(tag))
    return msgspec.structs.replace(exchange, response=response, facts=(*made, *facts), identities=(identity,))


@pytest.mark.parametrize("standard", STANDARDS)
def test_a_declared_person_that_does_not_fit_is_a_matter_of_configuration(standard: str) -> None:
    cell = reference(standard)
    found = judged(cell, [whole(item, STRANGER) for item in cell.exchanges])
    assert accusations(found) == []
    by_id = {item.requirement.partition("-")[2]: item for item in found}
    told = by_id["GEN-022"]
    assert (told.verdict, told.blame, told.party) == (Verdict.INCONCLUSIVE, Blame.CONFIGURATION, "his-a")
    assert told.received == "declared person and data differ: birthDate"
    assert "net.yaml" in told.next_step.nl and "birth_date" in told.next_step.en
    assert "hanna-wilgenkamp" in told.next_step.nl
    undecided = [item for item in found if item.blame is Blame.CONFIGURATION and item.received]
    assert len(undecided) > 3
    assert told.next_step in {item.next_step for item in undecided}
    assert "1964" not in repr(found)


def test_another_declared_person_is_no_pass_of_identity() -> None:
    cell = reference("huisartsgegevens-2.0")
    bram = Identity(side="response", belongs="other", differs=("birthDate",), person="bram-lisdodde")
    exchanges = [msgspec.structs.replace(item, identities=(bram,)) for item in cell.exchanges]
    found = {item.requirement: item for item in judged(cell, exchanges)}
    assert found["HG-GEN-022"].verdict is Verdict.INCONCLUSIVE
    assert found["HG-GEN-022"].blame is Blame.CONFIGURATION
    assert found["HG-PAT-001"].verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("path", "requirement"),
    [("Bundle.entry[0].resource.text.div", "HG-GEN-012"), ("Bundle.link[0].url", "HG-GEN-015"),
     ("Bundle.link.url", "HG-GEN-015")],
)  # fmt: skip
def test_a_leak_is_a_leak_in_any_record(path: str, requirement: str) -> None:
    """Where somebody's BSN shows, the answers are not excused by the network file."""
    cell = reference("huisartsgegevens-2.0")
    number = Fact(tag="mask-bsn-bcdfghjklmnp", kind="bsn", place=f"response.body:{path}", standing="proven")
    found = judged(cell, [whole(item, STRANGER, number) for item in cell.exchanges])
    assert {item.requirement for item in found if item.verdict is Verdict.FAIL} == {requirement}
    assert not any(item.blame is Blame.CONFIGURATION for item in found)
    assert not any("999" in item.received for item in found)


def test_a_number_that_is_only_possible_proves_nothing() -> None:
    cell = reference("huisartsgegevens-2.0")
    for place in ("response.body:Bundle.entry[0].resource.id", "request.query.x", "response.header.etag"):
        fact = Fact(tag="mask-bsn-bcdfghjklmnp", kind="bsn", place=place, standing="possible")
        exchanges = [msgspec.structs.replace(item, facts=(fact,)) for item in cell.exchanges]
        assert accusations(judged(cell, exchanges)) == []
        assert proven_numbers([fact], place) == []


@pytest.mark.parametrize(
    ("requirement", "name"),
    [
        ("HG-OBS-002", "Bundle.entry.resource.effectiveDateTime"),
        ("HG-MED-002", "Bundle.entry.resource.extension.valuePeriod.start"),
        ("HG-PRV-003", "Bundle.entry.resource.date"),
        ("HG-PRV-002", "Bundle.entry.resource.title"),
        ("PD-MAN-003", "Bundle.entry.resource.created"),
        ("PD-DOC-008", "Binary.content"),
        ("PD-DOC-005", "Binary.content"),
        ("PD-PDF-001", "Binary.content"),
        ("EA-APT-001", "Bundle.entry.resource.start"),
        ("EA-APT-003", "Bundle.entry.resource.participant.actor.reference"),
        ("ZM-SRC-002", "Bundle.entry.resource.effectiveDateTime"),
        ("ZM-SND-004", "Bundle.entry.resource.valueQuantity.value"),
    ],
)
def test_what_is_computed_with_a_masked_value_is_no_pass_either(requirement: str, name: str) -> None:
    prefix = {"HG": 0, "PD": 1, "EA": 2, "ZM": 3}[requirement[:2]]
    cell = reference(STANDARDS[prefix])
    exchanges = [masked(item, lambda path: element(path) == name) for item in cell.exchanges]
    assert any(item.facts for item in exchanges)
    verdicts = {item.verdict for item in judged(cell, exchanges) if item.requirement == requirement}
    assert Verdict.INCONCLUSIVE in verdicts and Verdict.PASS not in verdicts


def test_a_mask_beside_what_is_computed_with_leaves_the_verdict() -> None:
    cell = reference("huisartsgegevens-2.0")
    name = "Bundle.entry.resource.extension.valueIdentifier.value"
    exchanges = [masked(item, lambda path: element(path) == name) for item in cell.exchanges]
    assert any(item.facts for item in exchanges)
    verdicts = {item.verdict for item in judged(cell, exchanges) if item.requirement == "HG-MED-002"}
    assert verdicts == {Verdict.PASS}


def test_a_value_that_differs_from_what_is_declared_is_a_difference() -> None:
    """In answers that are not all another person's, a masked value that is not the declared one fails."""
    cell = reference("huisartsgegevens-2.0")
    mixed = Identity(side="response", belongs="mixed", differs=("birthDate",))
    name = "Bundle.entry.resource.birthDate"
    exchanges = [masked(item, lambda path: element(path) == name, mixed) for item in cell.exchanges]
    different = [
        msgspec.structs.replace(
            item, facts=tuple(msgspec.structs.replace(fact, equals=NONE) for fact in item.facts)
        )
        for item in exchanges
    ]
    for changed, verdict in ((exchanges, Verdict.INCONCLUSIVE), (different, Verdict.FAIL)):
        found = [item for item in judged(cell, changed) if item.requirement == "HG-REC-001"]
        assert {item.verdict for item in found} == {verdict}
    assert found[0].where.path == "Bundle.entry[0].resource.birthDate"
    assert found[0].received.startswith("mask-person-") and found[0].blame is Blame.PRODUCT


def test_ownership_of_all_answers_together() -> None:
    def cell(*identities: Identity, flow: str = "collect") -> Ownership:
        first = reference("huisartsgegevens-2.0").exchanges[0]
        return ownership(msgspec.structs.replace(first, flow=flow, identities=(item,)) for item in identities)

    other = Identity(side="response", belongs="other", who="mask-person-pnmlkjhgfdcb")
    nothing = Identity(side="response", belongs="unknown")
    sent = Identity(side="request", belongs="other", who="mask-person-pnmlkjhgfdcb")
    assert cell().belongs == cell(nothing).belongs == cell(sent).belongs == "unknown"
    assert cell(OWN, nothing).belongs == "declared"
    assert cell(STRANGER, STRANGER, nothing).misdeclared
    assert cell(STRANGER, other).belongs == "mixed"
    assert cell(STRANGER, OWN).belongs == "mixed" and not cell(STRANGER, OWN).misdeclared
    assert cell(STRANGER, flow="var-age-16").belongs == "unknown"


def test_places_of_masks() -> None:
    def masks(*paths: str) -> Masks:
        facts = [
            Fact(tag="mask-person-b", kind="person", place=f"response.body{path}", equals=NOT_COMPARED)
            for path in paths
        ]
        return Masks(facts, "response")

    found = masks(":Bundle.entry[0].resource.valueQuantity.value", ":Bundle.entry[2].resource.name[1].family")
    assert found.hides("Bundle.entry[0].resource.value") and found.hides("Bundle.entry.resource.name")
    assert found.hides("Bundle.entry[0].resource.value.value")
    assert not found.hides("Bundle.entry[2].resource.name[0]")
    assert not found.hides("Bundle.entry[0].resource.valueQuantity.unit")
    assert found.touches("Bundle.entry") and found.touches("") and found.touches("body")
    assert found.touches("Bundle.entry[2].resource.name[1].family.extension[0]")
    assert not any(found.touches(place) for place in ("status", "Content-Type", "url", "Authorization"))
    assert not found.touches("Bundle.total") and not masks().touches("Bundle")
    assert masks("").hides("Binary.content") and masks("").touches("Bundle.total")
    assert masks(":Bundle.entry.resource.id").hides("Bundle.entry[0].resource.id")
    stays = Fact(tag="mask-bsn-b", kind="bsn", place="response.body:Bundle.id", standing="proven")
    assert not Masks([stays], "response")


def test_a_masked_number_hides_no_text():
    """What stays in the HIS is a text; a number in its place (which may be no BSN at all) cannot be it."""

    def masks(kind: str) -> Masks:
        place = "response.body:Bundle.entry[0].resource.identifier[0].value"
        return Masks([Fact(tag="mask", kind=kind, place=place, equals=NONE)], "response")

    assert masks("person").hides_text("Bundle.entry")
    assert masks("bsn").touches("Bundle.entry") and not masks("bsn").hides_text("Bundle.entry")


@pytest.mark.parametrize("standard", STANDARDS[:2])
def test_a_body_that_nobody_can_read_is_a_fault_although_it_is_masked(standard: str) -> None:
    cell = reference(standard)
    one = next(item for item in cell.exchanges if item.response and b"searchset" in item.response.body)
    assert one.response is not None
    facts: list[Fact] = []

    def tag(value: str, path: str) -> str:
        facts.append(Fact(tag="mask-person-bcdfghjklmnp", kind="person", place=f"response.body:{path}"))
        return "mask-person-bcdfghjklmnp"

    cut = msgspec.structs.replace(one.response, body=masked_broken(one.response.body[:-9], tag))
    changed = msgspec.structs.replace(one, response=cut, facts=tuple(facts))
    assert facts and all(item.place.endswith(UNREADABLE) for item in facts)
    found = judged(cell, [changed if item is one else item for item in cell.exchanges])
    told = [item for item in found if item.where.exchange == one.id and item.verdict is Verdict.FAIL]
    assert told and {item.blame for item in told} == {Blame.PRODUCT}, accusations(found)


def test_the_type_of_an_answer_is_told_whatever_is_masked_in_it() -> None:
    """A Patient is no searchset, also when nothing that stands in it may be kept."""
    cell = reference("huisartsgegevens-2.0")
    one = next(item for item in cell.exchanges if item.operation == "hg-patient-json")
    assert one.response is not None
    bare = msgspec.structs.replace(
        one.response, body=b'{"resourceType":"Patient","id":"p1","birthDate":"1970-01-31"}'
    )
    answer = masked(msgspec.structs.replace(one, response=bare), lambda _: True)
    assert answer.facts
    found = judged(cell, [answer if item is one else item for item in cell.exchanges])
    (item,) = [item for item in found if item.requirement == "HG-GEN-002" and item.verdict is Verdict.FAIL]
    assert (item.received, item.where.path) == ("Patient", "Patient.resourceType")
