"""Watching a live client: matching, extra traffic, retries, token rewriting, the served mock."""

from __future__ import annotations

import threading
from datetime import date

import httpx
import pytest
from scriptkit import PATIENT, TOKEN, check, operation

from harness.core.run.exchanges import Request
from harness.core.verdicts import Verdict
from harness.testscript.plan.plan import Plan
from harness.testscript.plan.validators import ProfileChecks
from harness.testscript.watch.live import LiveOptions, serve_client
from harness.testscript.watch.mock import prepare

BASE = "https://mock.example/fhir"
RECENT = "?date=ge${DATE, T, D,-60}"


def search(params, resource="Observation"):
    return operation("search", resource, params, headers={"Authorization": TOKEN}, accept="")


def count(number):
    return check(expression=f"Bundle.entry.where(search.mode = 'match').count() = {number}")


@pytest.fixture
def plan():
    return Plan(date(2026, 3, 1), profiles=ProfileChecks(enabled=False), keep_steps=True)


@pytest.fixture
def mock(kit, plan):
    kit.client_script(
        search(RECENT),
        check(headerField="Authorization", value=TOKEN, direction="request"),
        count(2),
        name="a-recent",
    )
    kit.client_script(search("?code=85354-9"), count(0), name="b-none")
    kit.client_script(
        search("", "Patient"),
        count(1),
        operation("read", "Observation", "/kit-o3", headers={"Authorization": TOKEN}, accept=""),
        check(responseCode="200"),
        name="c-two-steps",
    )
    kit.server_script(search(""), name="not-for-clients")
    found = prepare([kit.goal], plan, BASE)
    found.events = []
    found.watch.notify = lambda kind, **facts: found.events.append((kind, facts))
    return found


def get(mock, target, token=TOKEN, method="GET", body=b""):
    headers = (("Accept", "application/fhir+json"), *((("Authorization", token),) if token else ()))
    return mock.watch.handle(Request(method=method, url=f"{BASE}/{target}", headers=headers, body=body))


def verdicts(mock):
    return {r.id: r.verdict for r in mock.watch.results()}


def test_scripts_for_clients_only(mock):
    assert [s.script.id for s in mock.watch.sessions] == ["a-recent", "b-none", "c-two-steps"]


def test_each_request_goes_to_the_script_it_is_most_like_in_any_order(mock):
    assert get(mock, "Observation?code=85354-9").status == 200
    get(mock, "Patient")
    get(mock, "Observation?date=ge2025-12-31")
    get(mock, "Observation/kit-o3")
    assert mock.watch.complete
    assert set(verdicts(mock).values()) == {Verdict.PASS}
    assert [kind for kind, _ in mock.events].count("script-matched") == 4
    assert [kind for kind, _ in mock.events].count("script-finished") == 3


def test_a_wrong_query_fails_its_script_and_a_second_try_may_pass(mock):
    get(mock, "Observation?date=ge2020-01-01")
    first = mock.watch.sessions[0]
    assert first.execution.done and first.execution.result().verdict is Verdict.FAIL
    get(mock, "Observation?code=85354-9")
    get(mock, "Observation?date=ge2025-12-31")
    result = first.result()
    assert result.verdict is Verdict.PASS and result.attempts == 2


def test_extra_traffic_is_answered_and_logged(mock):
    assert get(mock, "metadata", token="").status == 200
    assert get(mock, "Encounter").status == 200
    assert get(mock, "Observation/kit-o1").status == 200
    assert get(mock, "Observation?code=85354-9", token="Bearer other").status == 401
    assert len(mock.watch.extra) == 4
    assert not any(s.execution.done for s in mock.watch.sessions)


def test_what_did_not_come_is_inconclusive_with_the_expected_request(mock):
    get(mock, "Patient")
    result = {r.id: r for r in mock.watch.results()}["c-two-steps"]
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "Observation/kit-o3" in result.findings[-1].received


def test_a_client_without_fixed_tokens_gets_rewriting(kit, plan):
    kit.client_script(
        search(RECENT), check(headerField="Authorization", value=TOKEN, direction="request"), count(2)
    )
    plan.tokens = {TOKEN: "Bearer mine"}
    mock = prepare([kit.goal], plan, BASE)
    assert get(mock, "Observation?date=ge2025-12-31", token=TOKEN).status == 401
    assert get(mock, "Observation?date=ge2025-12-31", token="Bearer mine").status == 200
    assert verdicts(mock) == {"client": Verdict.PASS}


def test_posted_search_and_bundles_match(kit, plan):
    kit.write("_reference/b.json", '{"resourceType":"Bundle","type":"batch","entry":[]}')
    from scriptkit import fixture

    kit.client_script(
        operation("batch", source="b", headers={"Authorization": TOKEN}, accept=""),
        check(expression="Bundle.type = 'batch'", direction="request"),
        check(responseCode="200"),
        name="sends",
        fixtures=fixture("b", "../_reference/b.json"),
    )
    mock = prepare([kit.goal], plan, BASE)
    headers = (
        ("Authorization", TOKEN),
        ("Content-Type", "application/fhir+json"),
        ("Accept", "application/fhir+json"),
    )
    body = (
        b'{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Patient/%s"}}]}'
        % PATIENT.encode()
    )
    mock.watch.handle(Request(method="POST", url=BASE, headers=headers, body=body))
    assert verdicts(mock) == {"sends": Verdict.PASS}


def test_requests_of_many_threads(mock):
    threads = [
        threading.Thread(target=get, args=(mock, target))
        for target in [
            "Observation?code=85354-9",
            "Patient",
            "Observation?date=ge2025-12-31",
            "Encounter",
            "metadata",
        ]
        * 4
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    get(mock, "Observation/kit-o3")
    assert set(verdicts(mock).values()) == {Verdict.PASS}


def test_the_served_mock_ends_when_all_scenarios_are_done(kit, plan, tmp_path, capfd):
    kit.client_script(search(RECENT), count(2))
    import socket

    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    def client():
        for _ in range(100):
            try:
                answer = httpx.get(
                    f"http://127.0.0.1:{port}/fhir/Observation?date=ge2025-12-31",
                    headers={"Authorization": TOKEN},
                )
                assert answer.status_code == 200
                return
            except httpx.TransportError:
                threading.Event().wait(0.05)

    thread = threading.Thread(target=client)
    thread.start()
    out = tmp_path / "out"
    results, extra = serve_client([kit.goal], plan, LiveOptions(port=port, idle=20, out=out, lang="en"))
    thread.join()
    assert extra["ended"] == "complete" and [r.verdict for r in results] == [Verdict.PASS]
    assert "script-finished" in capfd.readouterr().err
    hars = list((out / "exchanges").glob("*.har"))
    assert len(hars) == 2, "all traffic at once, and the exchanges of the script"
    assert all(TOKEN.split()[1] not in har.read_text() for har in hars), "secrets are replaced first"
    assert (out / "events.jsonl").read_text().count("script-matched") == 1


def test_the_served_mock_ends_after_idle_time(kit, plan):
    kit.client_script(search(RECENT))
    results, extra = serve_client([kit.goal], plan, LiveOptions(port=0, idle=0.3))
    assert extra["ended"] == "idle" and results[0].verdict is Verdict.INCONCLUSIVE
