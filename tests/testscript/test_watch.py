"""Watching a live client: matching, extra traffic, retries, token rewriting, the served mock."""

from __future__ import annotations

import threading
from datetime import date

import httpx
import pytest
from runfolders import written
from scriptkit import PATIENT, TOKEN, check, operation

from harness.core.run.exchanges import Request
from harness.core.verdicts import Verdict
from harness.record.chain.units import units_in
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
    assert first.done and first.result().verdict is Verdict.FAIL
    get(mock, "Observation?code=85354-9")
    get(mock, "Observation?date=ge2025-12-31")
    result = first.result()
    assert result.verdict is Verdict.PASS and result.attempts == 2


def test_extra_traffic_is_answered_and_logged(mock):
    assert get(mock, "metadata", token="").status == 200
    assert get(mock, "Encounter").status == 200
    assert get(mock, "Observation/kit-o1").status == 200
    assert get(mock, "Observation", token="Bearer other").status == 401
    assert len(mock.watch.extra) == 4
    assert not any(s.done for s in mock.watch.sessions)


def test_a_wrong_token_is_judged_by_the_script_that_it_was_meant_for(mock):
    assert get(mock, "Observation?date=ge2025-12-31", token="Bearer other").status == 401
    recent = mock.watch.sessions[0]
    assert recent.done and recent.result().verdict is Verdict.FAIL
    assert any("Authorization" in finding.expected for finding in recent.result().findings)
    assert not any(session.done for session in mock.watch.sessions[1:])
    get(mock, "Observation?date=ge2025-12-31")
    assert recent.result().verdict is Verdict.PASS and recent.attempts == 2


@pytest.fixture
def similar(kit, plan):
    """Three scripts whose first request is of one kind, the least described one first."""
    kit.client_script(search("?_include=Observation:subject"), count(3), name="a-all")
    kit.client_script(search("?code=8867-4&date=ge${DATE, T, D,-60}"), count(2), name="b-both")
    kit.client_script(search("?category=x"), count(0), name="c-category")
    return prepare([kit.goal], plan, BASE)


def test_a_missing_parameter_is_judged_by_the_script_that_describes_the_others(similar):
    get(similar, "Observation?code=8867-4")
    assert [s.done for s in similar.watch.sessions] == [False, True, False]
    assert similar.watch.sessions[1].result().verdict is Verdict.FAIL


def test_a_failed_script_is_tried_again_while_others_of_its_kind_wait(similar):
    get(similar, "Observation?code=8867-4")
    get(similar, "Observation?code=8867-4&date=ge2025-12-31")
    done = [s.done for s in similar.watch.sessions]
    assert done == [False, True, False]
    result = similar.watch.sessions[1].result()
    assert result.verdict is Verdict.PASS and result.attempts == 2


def test_a_request_that_passed_may_come_again_and_harms_no_other_script(similar):
    for _ in range(3):
        get(similar, "Observation?code=8867-4&date=ge2025-12-31")
    assert [s.done for s in similar.watch.sessions] == [False, True, False]
    assert similar.watch.sessions[1].attempts == 1 and len(similar.watch.extra) == 2


@pytest.fixture
def steps(kit, plan):
    """A script of three requests, of which the first and the last are of one kind."""
    token = {"Authorization": TOKEN}
    kit.client_script(
        search("?code=8867-4"),
        check(headerField="Authorization", value=TOKEN, direction="request"),
        operation("read", "Observation", "/kit-o3", headers=token, accept=""),
        check(responseCode="200"),
        search("?code=8867-4&date=ge${DATE, T, D,-60}"),
        count(2),
        name="three-steps",
    )
    return prepare([kit.goal], plan, BASE)


STEPS = ("Observation?code=8867-4", "Observation/kit-o3", "Observation?code=8867-4&date=ge2025-12-31")


def test_a_script_that_went_wrong_starts_again_before_it_has_ended(steps):
    get(steps, STEPS[0], token="Bearer other")
    session = steps.watch.sessions[0]
    assert not session.done and session.wrong
    for target in STEPS:
        get(steps, target)
    assert session.result().verdict is Verdict.PASS and session.attempts == 2
    get(steps, STEPS[0], token="Bearer other")
    assert session.passed, "what passed is not put at risk"


def test_what_a_running_script_has_had_may_come_again(steps):
    for target in (STEPS[0], STEPS[0], STEPS[1], STEPS[0], STEPS[1]):
        assert get(steps, target).status == 200
    assert len(steps.watch.extra) == 3 and not steps.watch.complete
    get(steps, STEPS[2])
    assert verdicts(steps) == {"three-steps": Verdict.PASS} and steps.watch.sessions[0].attempts == 1
    get(steps, STEPS[1])
    assert len(steps.watch.extra) == 4


@pytest.mark.parametrize(
    "query", ["code=85354-9", "kode=http://loinc.org|85354-9", "code=http://example.org|85354-9,x", "code=85354-9&_count=5"]
)  # fmt: skip
def test_a_slip_is_judged_by_the_script_that_it_resembles(kit, plan, query):
    """A code without its system, a misspelt name, one of the alternatives, a parameter too many."""
    for name, code in (("a", "8867-4"), ("b", "85354-9"), ("c", "29463-7")):
        kit.client_script(
            search(f"?code=http://loinc.org|{code}"), parameter("code", code), count(0), name=name
        )
    mock = prepare([kit.goal], plan, BASE)
    get(mock, f"Observation?{query}")
    assert [session.done for session in mock.watch.sessions] == [False, True, False]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_what_is_sent_goes_to_the_script_that_describes_such_content(kit, plan, order):
    from scriptkit import fixture

    for number in (1, 2):
        body = f'{{"resourceType":"Bundle","type":"batch","entry":[{{"request":{{"method":"GET","url":"Observation/kit-o{number}"}}}}]}}'
        kit.write(f"_reference/b{number}.json", body)
        kit.client_script(
            operation("batch", source="b", headers={"Authorization": TOKEN}, accept=""),
            check(
                expression=f"Bundle.entry.request.url.endsWith('{number}')", direction="request", warning=True
            ),
            name=f"sends-{number}",
            fixtures=fixture("b", f"../_reference/b{number}.json"),
        )
    mock = prepare([kit.goal], plan, BASE)
    headers = (("Authorization", TOKEN), ("Content-Type", "application/fhir+xml"))
    for number in order:
        body = f'<Bundle xmlns="http://hl7.org/fhir"><type value="batch"/><entry><request><method value="GET"/><url value="Observation/kit-o{number}"/></request></entry></Bundle>'
        mock.watch.handle(Request(method="POST", url=BASE, headers=headers, body=body.encode()))
        assert mock.watch.sessions[number - 1].done
    assert all(step.verdict is Verdict.PASS for result in mock.watch.results() for step in result.steps)


def parameter(name, text):
    from scriptkit import QUERY_PARAMETER

    extension = f'<extension url="{QUERY_PARAMETER}"><valueString value="{name}"/></extension>'
    return check(extension=extension, operator="equals", value=text, direction="request")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_scripts_with_the_same_description_are_told_apart_by_their_asserts(kit, plan, order):
    kit.client_script(search(""), parameter("code", "8867-4"), name="a")
    kit.client_script(search(""), parameter("code", "85354-9"), name="b")
    queries = ("Observation?code=8867-4", "Observation?code=85354-9")
    mock = prepare([kit.goal], plan, BASE)
    for number in order:
        get(mock, queries[number])
    assert verdicts(mock) == {"a": Verdict.PASS, "b": Verdict.PASS}
    mock = prepare([kit.goal], plan, BASE)
    for number in order:
        get(mock, queries[number].replace("code=", "code=x"))
    assert Verdict.PASS not in verdicts(mock).values()


@pytest.mark.parametrize("order", [(2, 3), (3, 2)])
def test_scripts_with_the_same_request_are_told_apart_by_the_answer(kit, plan, order):
    for number in (2, 3):
        kit.client_script(search(""), count(number), name=f"expects-{number}")
    mock = prepare([kit.goal], plan, BASE)
    for number in order:
        get(mock, "Observation" + ("?date=ge2025-12-31" if number == 2 else ""))
    assert set(verdicts(mock).values()) == {Verdict.PASS}


def test_a_read_of_another_instance_that_is_there_is_other_traffic(kit, plan):
    kit.client_script(operation("read", "Observation", "/kit-o3", headers={"Authorization": TOKEN}, accept=""),
                      check(responseCode="200"), name="reads")  # fmt: skip
    mock = prepare([kit.goal], plan, BASE)
    assert get(mock, "Observation/kit-o1").status == 200 and not mock.watch.sessions[0].done
    assert get(mock, "Observation/kit-o9").status == 404 and mock.watch.sessions[0].done
    get(mock, "Observation/kit-o3")
    assert verdicts(mock) == {"reads": Verdict.PASS}


def test_a_posted_search_is_like_its_parameters(similar):
    headers = (("Authorization", TOKEN), ("Content-Type", "application/x-www-form-urlencoded"))
    body = b"code=8867-4&date=ge2025-12-31"
    request = Request(method="POST", url=f"{BASE}/Observation/_search", headers=headers, body=body)
    assert similar.watch.handle(request).status == 200
    assert [s.passed for s in similar.watch.sessions] == [False, True, False]


@pytest.mark.parametrize(("kind", "verdict"), [("batch", Verdict.FAIL), ("transaction", Verdict.PASS)])
def test_a_client_may_bring_its_own_bundle(kit, plan, kind, verdict):
    kit.client_script(
        operation("transaction", headers={"Authorization": TOKEN}, accept=""),
        check(expression="Bundle.type = 'transaction'", direction="request"),
    )
    mock = prepare([kit.goal], plan, BASE)
    headers = (("Authorization", TOKEN), ("Content-Type", "application/fhir+json"))
    body = b'{"resourceType":"Bundle","type":"%s","entry":[]}' % kind.encode()
    mock.watch.handle(Request(method="POST", url=BASE, headers=headers, body=body))
    assert verdicts(mock) == {"client": verdict}


def test_what_a_client_sends_for_one_script_is_not_in_the_store_of_another(kit, plan):
    send = operation("transaction", headers={"Authorization": TOKEN}, accept="")
    kit.client_script(send, check(responseCode="200"), name="a-sends")
    kit.client_script(send, check(responseCode="500"), name="b-sends-too")
    kit.client_script(search(""), count(3), name="c-counts")
    mock = prepare([kit.goal], plan, BASE)
    headers = (("Authorization", TOKEN), ("Content-Type", "application/fhir+json"))
    body = b'{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/%s"}},"request":{"method":"POST","url":"Observation"}}]}'
    mock.watch.handle(Request(method="POST", url=BASE, headers=headers, body=body % PATIENT.encode()))
    get(mock, "Observation")
    found = verdicts(mock)
    assert found["a-sends"] is found["c-counts"] is Verdict.PASS
    sent = mock.watch.sessions[0].current.server.store
    assert (
        len(sent.all("Observation")) == 4
        and len(mock.watch.sessions[1].current.server.store.all("Observation")) == 3
    )


def test_a_set_without_tokens_is_watched(kit, plan):
    kit.client_script(operation("search", "Patient", headers={}, accept=""), count(1))
    mock = prepare([kit.goal], plan, BASE)
    assert get(mock, "Patient", token="").status == 200 and get(mock, "Encounter", token="").status == 200
    assert verdicts(mock) == {"client": Verdict.PASS}


def test_what_did_not_come_is_inconclusive_with_the_expected_request(mock):
    get(mock, "Patient")
    result = {r.id: r for r in mock.watch.results()}["c-two-steps"]
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.findings[-1].expected == f"GET {BASE}/Observation/kit-o3" and result.findings[-1].where.line


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
    served = serve_client([kit.goal], plan, LiveOptions(port=port, idle=20, out=out, lang="en"))
    thread.join()
    assert served.about["ended"] == "complete" and [r.verdict for r in served.results] == [Verdict.PASS]
    assert "script-finished" in capfd.readouterr().err
    assert len(units_in(out)) == 2, "all traffic at once, and the exchanges of the script"
    assert TOKEN.split()[1].encode() not in written(out), "secrets are replaced first"
    assert (out / "events.jsonl").read_text().count("script-matched") == 1


def test_a_script_that_waits_for_input_is_undecided_from_the_start(kit, plan):
    from scriptkit import variable

    kit.client_script(search("?identifier=${reason}"), count(1), variables=variable("reason"))
    mock = prepare([kit.goal], plan, BASE)
    told = []
    mock.watch.notify = lambda kind, **facts: told.append((kind, facts.get("verdict")))
    mock.watch.announce()
    assert told == [("script-finished", "inconclusive")] and mock.watch.complete
    assert get(mock, "Observation?identifier=x").status == 200 and len(mock.watch.extra) == 1


def test_the_served_mock_waits_for_another_try(kit, plan, monkeypatch):
    from harness.testscript.watch import live

    kit.client_script(search(RECENT), count(2))
    monkeypatch.setattr(live, "PATIENCE", 0.5)
    mock = prepare([kit.goal], plan, BASE)
    get(mock, "Observation?date=ge2020-01-01")
    timer = threading.Timer(0.2, get, (mock, "Observation?date=ge2025-12-31"))
    timer.start()
    assert live._until_done(mock, LiveOptions()) == "complete"
    assert verdicts(mock) == {"client": Verdict.PASS}
    get(mock, "Encounter")
    mock = prepare([kit.goal], plan, BASE)
    get(mock, "Observation?date=ge2020-01-01")
    assert live._until_done(mock, LiveOptions()) == "complete" and verdicts(mock) == {"client": Verdict.FAIL}


def test_the_served_mock_ends_after_idle_time(kit, plan):
    kit.client_script(search(RECENT))
    served = serve_client([kit.goal], plan, LiveOptions(port=0, idle=0.3))
    assert served.about["ended"] == "idle" and served.results[0].verdict is Verdict.INCONCLUSIVE


def test_what_a_client_sends_is_in_no_file(kit, plan, tmp_path):
    """A number, a token of its own: in events, results and the list of other requests they are tags."""
    import socket

    kit.client_script(search(RECENT), check(headerField="Authorization", value=TOKEN, direction="request"))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    bsn, secret = "999911120", "ein-eigen-geheim-1234567"

    def client():
        headers = {"Authorization": f"Bearer {secret}"}
        with httpx.Client(transport=httpx.HTTPTransport(retries=50), headers=headers) as http:
            for target in (
                f"Patient?identifier=urn:bsn|{bsn}",
                f"Observation?date=ge2025-12-31&patient={bsn}",
            ):
                http.get(f"http://127.0.0.1:{port}/fhir/{target}")

    thread = threading.Thread(target=client)
    thread.start()
    out = tmp_path / "out"
    served = serve_client([kit.goal], plan, LiveOptions(port=port, idle=2, out=out))
    thread.join()
    assert len(served.about["extra_requests"]) == 1 and served.results[0].verdict is Verdict.FAIL
    assert secret in served.results[0].findings[0].received, "on the screen it is what it was"
    told = written(out) + repr((served.kept, served.about)).encode()
    assert bsn.encode() not in told and secret.encode() not in told
    assert "mask-token-" in served.kept[0].findings[0].received
