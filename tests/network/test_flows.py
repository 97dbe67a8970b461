"""Flows on real sockets: the main flow of every standard and release, the variants, and what is recorded."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import msgspec
import pytest
from runfolders import recorded, written

from harness.core.run.exchanges import Exchange, header
from harness.core.run.findings import Cell
from harness.core.standards.queries import load_queries
from harness.core.standards.table import standards
from harness.medmij.flows import variants
from harness.network.file import read_network
from harness.network.person.declared import declared_persons
from harness.network.person.persons import fixture_persons
from harness.network.running import RunningNetwork, start
from harness.record import Recorder

RELEASES = ("mm-1.4", "mm-1.5", "mm-2.1", "mm-2.2")
T = date(2026, 3, 1)


def drive(running: RunningNetwork, cell: Cell, flow: str) -> list[Exchange]:
    before = len(running.recorder.exchanges(cell.key))
    running.drive(cell, flow)
    return running.recorder.exchanges(cell.key)[before:]


def status(exchanges: list[Exchange], operation: str) -> list[int]:
    return [item.response.status if item.response else 0 for item in exchanges if item.operation == operation]


@pytest.mark.parametrize("standard", standards())
@pytest.mark.parametrize(("his", "dvza"), [("his-eik", "dvza-eik"), ("his-beuk", "dvza-beuk")])
def test_main_flow_asks_everything(running: RunningNetwork, standard: str, his: str, dvza: str) -> None:
    cell = Cell(his=his, dvza=dvza, pgo="pgo-maan", standard=standard, release="mm-2.2")
    done = drive(running, cell, "collect")
    assert status(done, "token-code") == [200]
    assert [item.operation for item in done][:4] == ["list-zal", "list-ocl", "list-gnl", "list-whl"]
    for query in load_queries(standard):
        if query.flow != "collect" or query.each:
            continue
        for media in query.formats:
            (found,) = status(done, f"{query.operation}-{media}")
            wanted = {"pd-bad-path": 400, "pd-unknown-binary": 404}.get(query.operation, 200)
            assert found == wanted, query.operation
    if standard == "pdfa-3.0":
        assert 200 in status(done, "pd-retrieve-native")
        assert status(done, "pd-without-token-native") == [401]
    for item in done:
        assert item.tls is not None and item.tls.version == "TLSv1.3"
        asked = item.interface in ("list", "token", "resource", "document")
        assert (item.tls.client is not None) == asked, item.operation


@pytest.mark.parametrize("release", RELEASES)
def test_every_release_family(running: RunningNetwork, cell: Cell, release: str) -> None:
    changed = msgspec.structs.replace(cell, release=release)
    done = drive(running, changed, "collect")
    assert status(done, "hg-allergy-xml") == [200]
    ids = [header(item.request.headers, "MedMij-Request-ID") for item in done if item.interface == "resource"]
    if release in ("mm-1.4", "mm-1.5"):
        assert set(ids) == {None}
    else:
        assert len(set(ids)) == len(ids)


def test_share_flow_does_not_change_the_record(running: RunningNetwork) -> None:
    cell = Cell(his="his-eik", dvza="dvza-eik", pgo="pgo-zon", standard="zelfmetingen-2.0", release="mm-2.2")
    counts = []
    for flow in ("collect", "share", "collect"):
        done = drive(running, cell, flow)
        if flow == "share":
            sent = [item for item in done if item.operation.startswith("zm-send")]
            assert len(sent) == 6
            assert all(item.response and item.response.status == 200 for item in sent)
        else:
            (answer,) = [item for item in done if item.operation == "zm-vitalsigns-json"]
            assert answer.response is not None
            counts.append(len(json.loads(answer.response.body)["entry"]))
    assert counts[0] == counts[1] > 0


EXPECTED = {
    "neg-no-data": ("login", 302),
    "neg-age-15": ("login", 302),
    "var-age-16": ("consent", 302),
    "var-failure": ("login", 500),
    "neg-cancelled": ("landing", 302),
    "neg-consent-refused": ("consent", 302),
    "neg-code-twice": ("token-code-again", 400),
    "neg-code-expired": ("token-code", 400),
    "var-code-late": ("token-code", 200),
    "refresh": ("token-refresh-again", 400),
    "neg-refresh-withdrawn": ("token-refresh", 400),
    "neg-resource-version": ("hg-patient-json", 406),
    "neg-token-500": ("token-code", 500),
    "neg-cert-expired": ("token-code", 0),
    "neg-cert-wildcard": ("token-code", 0),
    "neg-old-tls": ("token-code", 0),
    "var-slow-token": ("token-code", 200),
}
NO_TOKEN_CALL = (
    "neg-state-altered",
    "neg-state-missing",
    "neg-error-denied",
    "neg-error-server",
    "neg-error-unknown",
    "neg-not-whitelisted",
)


@pytest.mark.parametrize("flow", EXPECTED)
def test_variants_end_as_the_framework_says(running: RunningNetwork, cell: Cell, flow: str) -> None:
    operation, wanted = EXPECTED[flow]
    assert status(drive(running, cell, flow), operation) == [wanted]


@pytest.mark.parametrize("flow", NO_TOKEN_CALL)
def test_the_pgo_stops(running: RunningNetwork, cell: Cell, flow: str) -> None:
    done = drive(running, cell, flow)
    assert status(done, "consent") == [302]
    assert not [item for item in done if item.interface == "token"]


def test_no_data_and_refusal_look_the_same(running: RunningNetwork, cell: Cell) -> None:
    """The PGO must not learn whether there is a treatment relation."""
    locations = []
    for flow in ("neg-no-data", "neg-consent-refused"):
        last = drive(running, cell, flow)[-1]
        assert last.response is not None
        location = header(last.response.headers, "location") or ""
        locations.append(location.partition("mask-state-")[0])
    assert locations[0] == locations[1]
    assert "error=access_denied" in locations[0]


def test_every_variant_of_the_catalogue_can_be_driven(running: RunningNetwork, cell: Cell) -> None:
    for name, variant in variants().items():
        if name in EXPECTED or variant.steps == ("probe",):
            continue
        assert running.driver.can_drive(cell, variant), name
        assert drive(running, cell, name), name
    assert not running.errors


def test_variants_are_read_before_anything_is_driven() -> None:
    """Two threads that drive must not be the first to decode them: that ends the process."""
    variants.cache_clear()
    with start(read_network("demo"), t=T):
        assert variants.cache_info().currsize == 1


def test_faults_are_off_again_after_their_flow(running: RunningNetwork, cell: Cell) -> None:
    drive(running, cell, "neg-token-500")
    drive(running, cell, "neg-list-namespace")
    assert status(drive(running, cell, "collect"), "hg-patient-json") == [200]


def test_planted_fault_shows_in_one_answer_only() -> None:
    base = read_network("demo")
    broken = msgspec.structs.replace(
        base,
        participants=tuple(
            msgspec.structs.replace(item, faults=("bsn-in-self-link",)) if item.id == "his-eik" else item
            for item in base.participants
        ),
    )
    found = {}
    with start(broken, t=T) as network:
        for his, dvza in (("his-eik", "dvza-eik"), ("his-beuk", "dvza-beuk")):
            cell = Cell(his=his, dvza=dvza, pgo="pgo-zon", standard="huisartsgegevens-2.0", release="mm-2.2")
            found[his] = [
                item.operation
                for item in drive(network, cell, "collect")
                if item.response
                and b"NamingSystem/bsn" in item.response.body.split(b'"entry"')[0][:2000]
                and b'"link"' in item.response.body
            ]
    assert found["his-eik"]
    assert not found["his-beuk"]


def test_nothing_secret_reaches_the_disk(tmp_path: Path, cell: Cell) -> None:
    """Every secret that a twin minted is absent from the run folder; test persons' documents are exact."""
    network = read_network("demo")
    (tmp_path / "run-start.json").write_text("{}")
    recorder = Recorder(tmp_path, persons=declared_persons(network, T))
    minted: list[str] = []
    learn = recorder.learn
    recorder.learn = lambda kind, value, cell="": (minted.append(value), learn(kind, value, cell))[1]  # type: ignore[method-assign]
    with start(network, recorder=recorder, t=T) as running:
        for flow in ("collect", "refresh", "neg-code-twice", "refused-data"):
            running.drive(cell, flow)
    recorder.end(cell.key, "finished")
    recorder.close()
    text = written(tmp_path)
    assert len(minted) > 15
    for secret in minted:
        assert secret.encode() not in text
    for person in fixture_persons():
        assert person.bsn.encode() not in text
    exchanges = recorded(tmp_path, cell.key)
    patient = next(item for item in exchanges if item.operation == "hg-patient-json")
    assert patient.response is not None
    assert b"ZZZ_Wilgenkamp" in patient.response.body
    assert "masked" not in patient.notes


def test_late_availability_check_gives_no_resources(cell: Cell) -> None:
    """The other allowed moment: a code and a token are given, data is not."""
    base = read_network("demo")
    late = msgspec.structs.replace(
        base,
        participants=tuple(
            msgspec.structs.replace(item, availability="late") if item.role == "dvza" else item
            for item in base.participants
        ),
    )
    with start(late, t=T) as network:
        for flow in ("neg-age-15", "neg-no-data"):
            done = drive(network, cell, flow)
            assert status(done, "token-code") == [200]
            assert status(done, "hg-patient-json") == [403]
            assert done[-1].response is not None
            assert b"ZZZ_" not in done[-1].response.body
        assert status(drive(network, cell, "var-age-16"), "consent") == [302]
