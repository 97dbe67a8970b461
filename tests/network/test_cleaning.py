"""What a run wrote to a live party is deleted, or it is said why not; over real sockets."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from cleaningkit import SHARING, Store, hosted

from harness.core.run.exchanges import Exchange, Request, Response
from harness.core.run.findings import Cell
from harness.core.run.info import Cleaned
from harness.core.run.limits import CLEAN_UP, Limits
from harness.network.drive.cleaning import Written, written
from harness.network.file import read_network
from harness.network.limits.endurance import Endurance, not_ours
from harness.network.running import start

T = date(2026, 3, 1)
CELL = Cell(his="his-x", dvza="dvza-x", pgo="pgo-x", standard="zelfmetingen-2.0", release="mm-2.2")


def cleaned(
    tmp_path: Path, store: Store, limits: Limits | None = None
) -> tuple[list[Cleaned], list[Exchange]]:
    """Share, then clean up."""
    with hosted(store) as url:
        path = tmp_path / "network.yaml"
        path.write_text(SHARING.format(fhir=url), encoding="utf-8")
        network = read_network(path)
        endurance = Endurance(limits or Limits(clean_up=True), not_ours(network))
        with start(network, t=T, endurance=endurance) as running:
            running.drive(CELL, "share")
            before = running.recorder.exchanges(CELL.key)
            assert store.ever >= 3
            told = list(running.driver.clean_up(before, [CELL]))
            return told, running.recorder.exchanges(CELL.key)[len(before) :]


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEANING_TEST_SECRET", "geheim-van-de-his-7")


def test_what_was_shared_is_gone_afterwards(tmp_path: Path) -> None:
    store = Store()
    told, recorded = cleaned(tmp_path, store)
    assert store.kept == {} and len(told) == store.ever
    assert {(item.server, item.why, item.status) for item in told} == {("his-x", "", 204)}
    assert all("/fhir/Observation/nr-" in item.where for item in told), (
        "where we sent it, not what it is called"
    )
    assert {(item.flow, item.request.method, item.server) for item in recorded} == {
        (CLEAN_UP, "DELETE", "his-x")
    }
    assert len(recorded) == store.ever and "geheim-van-de-his-7" not in repr(recorded)


def test_a_refusal_is_told(tmp_path: Path) -> None:
    store = Store(deletes=405)
    told, recorded = cleaned(tmp_path, store)
    assert {(item.why, item.status) for item in told} == {("refused", 405)} and len(told) == store.ever
    assert len(recorded) == store.ever == len(store.kept)


def test_what_has_no_address_is_told_and_not_guessed(tmp_path: Path) -> None:
    store = Store(tells=False)
    told, recorded = cleaned(tmp_path, store)
    assert {item.why for item in told} == {"unknown"} and recorded == []
    assert "DELETE" not in {method for method, _ in store.asked}


def test_over_its_time_nothing_is_asked_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.core.run.limits.CLEANING", 1e-9)
    store = Store()
    told, recorded = cleaned(tmp_path, store)
    assert {item.why for item in told} == {"no-time"} and len(told) == store.ever and recorded == []


def exchange(
    method: str = "POST",
    url: str = "https://his.example/fhir",
    status: int = 201,
    body: object = None,
    location: str = "",
    **more: object,
) -> Exchange:
    headers = (("Content-Type", "application/fhir+json"), *((("Location", location),) if location else ()))
    answer = Response(status=status, headers=headers, body=json.dumps(body).encode() if body else b"")
    given = {"server": "his-x", "interface": "resource", "response": answer if status else None, **more}
    return Exchange(
        id="x.0001",
        flow="share",
        operation="x",
        client="pgo-x",
        started="2026-03-01T12:00:00+00:00",
        cell=CELL.key,
        request=Request(method=method, url=url),
        **given,  # type: ignore[arg-type]
    )


BASE = "https://his.example/fhir"
BUNDLE = {"resourceType": "Bundle", "type": "transaction-response"}


@pytest.mark.parametrize(
    ("item", "found"),
    [
        (exchange(url=f"{BASE}/Observation", location="Observation/7/_history/1"), [(f"{BASE}/Observation/7", "")]),
        (exchange(url=f"{BASE}/Observation?x=1", location="https://a/b/Observation/7"), [(f"{BASE}/Observation/7", "")]),
        (exchange(url=f"{BASE}/Observation", body={"resourceType": "Observation", "id": "8"}), [(f"{BASE}/Observation/8", "")]),
        (exchange(status=200, body=BUNDLE | {"entry": [
            {"response": {"status": "201", "location": "Observation/1"}},
            {"response": {"status": "200", "location": "Observation/2"}},
            {"response": {"status": "201"}, "resource": {"resourceType": "Observation", "id": "3"}}]}),
         [(f"{BASE}/Observation/3", ""), (f"{BASE}/Observation/1", "")]),
        (exchange(url=f"{BASE}/Observation"), [(f"{BASE}/Observation", "unknown")]),
        (exchange(location="Observation/mask-person-bcdfghjklmnp"), [(BASE, "unknown")]),
        (exchange("PUT", f"{BASE}/Observation/9"), [(f"{BASE}/Observation/9", "")]),
        (exchange("PUT", f"{BASE}/Observation/9", 200), [(f"{BASE}/Observation/9", "changed")]),
        (exchange(status=0, error="timeout: gave up"), [(BASE, "unanswered")]),
        (exchange(status=0, error="connect: refused"), []),
        (exchange(status=400), []),
        (exchange(status=200, body={"resourceType": "Bundle", "type": "searchset"}), []),
        (exchange(url=f"{BASE}/Observation/_search", status=200), []),
        (exchange(url=f"{BASE}/Observation/$lastn", status=200), []),
        (exchange("GET", status=200), []),
        (exchange(interface="token", status=200), []),
        (exchange(server="dvza-x", location="Observation/7"), []),
    ],
)  # fmt: skip
def test_what_was_written(item: Exchange, found: list[tuple[str, str]]) -> None:
    seen = list(written([item, item], {"his-x"}))
    assert [(one.url, one.why) for one in seen] == found
    assert all(one == Written(CELL.key, "his-x", one.url, one.why) for one in seen)
