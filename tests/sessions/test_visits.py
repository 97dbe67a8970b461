"""What live PGOs do in a session, right and wrong, and what odd things are nobody's fault."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from served import Served, network, said

from harness.cli.serve.outside import open_proxy
from harness.core.exits import ExitCode
from harness.judge.catalogue import load_catalogue
from harness.judge.evidence.verification import rejudge

QUICK = ("ordinary", "list-stale", "state-altered", "consent-refused", "token-fails", "certificate-expired")


def through(served: Served, session: dict, pgo) -> dict:
    """All situations of a session, one after the other."""
    while session["now"]:
        now = session["now"]["id"]
        served.visit(session, pgo, consent="no" if now == "consent-refused" else "yes")
        if now == "ordinary":
            served.visit(session, pgo)
        session = served.next(session)
    return served.end(session)


def test_a_correct_pgo_passes(served: Served):
    session = served.begin(*QUICK)
    ended = through(served, session, served.pgo(session))
    assert set(said(ended).values()) == {"pass"}, said(ended)
    assert ended["exit"] == ExitCode.OK
    assert all(item["standing"] == "met" for item in ended["situations"])


@pytest.mark.parametrize(
    ("wrong", "requirement", "verdict", "situations"),
    [
        ("older-lists", "MM-CLI-003", "warning", ("ordinary", "list-stale")),
        ("state-ignored", "MM-CLI-009", "fail", ("state-altered", "state-missing")),
        ("code-despite-error", "MM-CLI-015", "fail", ("error-with-code",)),
        ("code-again", "MM-CLI-012", "fail", ("token-fails",)),
        ("no-tls-check", "MM-CLI-021", "fail", ("certificate-expired",)),
        ("any-host", "MM-CLI-021", "fail", ("not-whitelisted",)),
        ("scope-ignored", "MM-CLI-017", "fail", ("narrow-scope",)),
        ("first-version", "MM-CLI-004", "fail", ("two-versions",)),
    ],
)
def test_a_wrong_pgo_is_found(served: Served, wrong: str, requirement: str, verdict: str, situations: tuple):
    session = served.begin(*situations)
    ended = through(served, session, served.pgo(session, wrong))
    assert said(ended)[requirement] == verdict
    assert {key for key, value in said(ended).items() if value in ("fail", "warning")} == {requirement}
    assert ended["exit"] == (ExitCode.FAILED if verdict == "fail" else ended["exit"])


def test_a_token_that_goes_elsewhere_is_two_mistakes(served: Served):
    session = served.begin("ordinary", "foreign-next")
    ended = said(through(served, session, served.pgo(session, "any-next")))
    found = {key: value for key, value in ended.items() if value in ("fail", "warning")}
    assert found == {"MM-CLI-019": "fail", "MM-CLI-025": "warning"}


def test_a_health_check_at_a_wrong_server_offers_no_code(served: Served):
    session = served.begin("not-whitelisted")
    pgo = served.pgo(session)
    usual = pgo.exchange

    def knocking(name: str, code: str):
        where = pgo.provider(name)
        with pgo.client(back=True) as http:
            assert http.get(f"https://{httpx.URL(where.token).host}/health").status_code == 421
        return usual(name, code)

    pgo.exchange = knocking
    ended = through(served, session, pgo)
    assert said(ended)["MM-CLI-021"] == "pass"
    assert "foreign-traffic" in str(ended["unassigned"])


def test_not_seen_is_not_yet_seen_and_never_a_pass(served: Served):
    session = served.begin("ordinary", "state-altered", "state-missing", "certificate-expired")
    pgo = served.pgo(session)
    served.visit(session, pgo)
    shown = said(served.show(session))
    assert shown["MM-CLI-009"] == shown["MM-CLI-021"] == "not-yet-seen"
    served.next(session)
    served.visit(session, pgo)
    assert said(served.show(session))["MM-CLI-009"] == "not-yet-seen", "the horizon has not come"
    served.later(31)
    standings = {item["id"]: item["standing"] for item in served.show(session)["situations"]}
    assert standings["state-altered"] == "met"
    ended = served.end(session)
    assert said(ended)["MM-CLI-009"] == said(ended)["MM-CLI-021"] == "not-tested"
    assert ended["exit"] == ExitCode.UNDECIDED


def test_what_comes_after_the_horizon_is_still_a_fault(served: Served):
    session = served.begin("state-altered", "state-missing")
    pgo = served.pgo(session)
    pgo.fetch_lists()
    back = pgo.authorize(session["reach"]["provider"], session["person"])
    served.later(31)
    late = served.pgo(session, "state-ignored")
    late.zal, late.whitelist = pgo.zal, pgo.whitelist
    assert late.exchange(session["reach"]["provider"], late.came_back(back)) is not None
    assert said(served.show(session))["MM-CLI-009"] == "fail"


def test_an_early_mistake_closes_with_its_session(served: Served):
    first = served.begin("ordinary")
    served.visit(first, served.pgo(first, "patient-named"))
    assert served.end(first)["exit"] == ExitCode.FAILED
    second = served.begin("ordinary")
    pgo = served.pgo(second)
    served.visit(second, pgo)
    served.visit(second, pgo)
    ended = served.end(second)
    assert set(said(ended).values()) == {"pass"}
    assert ended["exit"] == ExitCode.OK
    assert served.watch.finish() == ExitCode.FAILED


def test_what_descends_from_an_earlier_session_is_not_this_ones(served: Served):
    first = served.begin("ordinary")
    pgo = served.pgo(first, "two-slashes")
    tokens = served.visit(first, pgo, long_term=True)
    served.end(first)
    second = served.begin("ordinary")
    pgo.collect(second["reach"]["provider"], tokens)
    assert served.show(second)["requirements"] != []
    assert said(served.show(second))["MM-CLI-024"] == "not-yet-seen"
    assert served.end(second)["exit"] == ExitCode.NOTHING_RAN


def test_a_session_without_an_end_closes_by_itself(served: Served):
    session = served.begin("ordinary", idle=5)
    served.visit(session, served.pgo(session))
    served.later(299)
    assert served.show(session)["state"] == "running"
    served.later(2)
    closed = served.show(session)
    assert (closed["state"], closed["reason"]) == ("expired", "idle")
    assert closed["exit"] is not None
    assert served.ask("POST", f"/sessions/{session['id']}/next", {}).status_code == 410
    busy = served.begin("ordinary", longest=1)
    for _ in range(7):
        served.visit(busy, served.pgo(busy))
        served.later(10)
    assert served.show(busy)["reason"] == "too long"


def test_a_session_with_too_much_traffic_closes_by_itself(served: Served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("harness.matrix.sessions.desk.MOST_RECORDED", 30)
    session = served.begin("ordinary", "state-altered", "state-missing")
    pgo = served.pgo(session)
    for _ in range(12):
        pgo.fetch_lists()
    served.later(1)
    closed = served.show(session)
    assert (closed["state"], closed["reason"], closed["exit"]) == ("expired", "too much traffic", 6)
    before = served.desk.get(session["id"]).session.lines
    served.visit(session, pgo)
    assert served.desk.get(session["id"]).session.lines == before, "what comes later is not recorded in it"
    assert rejudge(Path(closed["run"]), load_catalogue()).problem is None


def test_a_pgo_that_disappears_from_the_lists_is_not_accused(served: Served):
    session = served.begin("ordinary")
    pgo = served.pgo(session)
    for _ in range(2):
        served.visit(session, pgo)
    served.running.twins.stelselnode.whitelist_without([pgo.client_id])
    assert served.visit(session, pgo) is None
    served.running.twins.stelselnode.whitelist_without([])
    ended = said(served.end(session))
    assert not [name for name, value in ended.items() if value in ("fail", "warning")], ended


def test_two_pgos_with_one_certificate_accuse_nobody(served: Served):
    one, two = served.begin("ordinary"), served.begin("ordinary", pgo="pgo-maan")
    borrowed = served.pgo(two, number=1)
    borrowed.pair = served.pgo(one).pair
    served.visit(two, borrowed)
    shown = served.show(two)
    assert shown["unassigned"] == {"other-certificate": 1}
    for session in (one, two):
        assert "fail" not in said(served.end(session)).values()


def test_a_client_id_of_nobody_is_of_whom_the_person_comes_back_to(served: Served):
    session = served.begin("ordinary")
    for _ in range(2):
        served.visit(session, served.pgo(session, "foreign-client-id"))
    ended = said(served.end(session))
    assert {name for name, value in ended.items() if value == "fail"} == {"MM-CLI-006"}
    assert ended["MM-CLI-005"] == ended["MM-CLI-007"] == ended["MM-CLI-008"] == "pass"
    assert ended["MM-CLI-013"] == "not-tested"


def test_a_client_id_and_an_address_of_two_pgos_accuse_nobody(served: Served):
    one, two = served.begin("ordinary"), served.begin("ordinary", pgo="pgo-maan")
    mixed = served.pgo(one)
    mixed.client_id = served.pgo(two, number=1).client_id
    served.visit(one, mixed)
    assert served.show(two)["unassigned"] == {"other-client": 1}
    ended = [said(served.end(item)) for item in (one, two)]
    assert not [name for item in ended for name, value in item.items() if value in ("fail", "warning")]
    alone = served.begin("ordinary")
    served.visit(alone, mixed)
    assert served.show(alone)["unassigned"] == {"other-client": 1}


def test_a_certificate_that_is_refused_is_a_finding_of_the_session(served: Served, tmp_path: Path):
    pair = tuple(
        str(path)
        for path in served.running.pki.client("pgo.zonnewijzer.example", fault="expired").write(tmp_path)
    )
    for _ in range(2):
        session = served.begin("ordinary")
        pgo = served.pgo(session)
        pgo.pair = pair
        for _ in range(25):
            with pytest.raises(httpx.HTTPError):
                pgo.fetch_lists()
        ended = served.end(session)
        assert said(ended)["MM-CLI-001"] == "fail", "also when it was refused before, in another session"
        assert ended["exit"] == ExitCode.FAILED


def test_a_proxy_in_between_changes_nothing(served: Served):
    session = served.begin(*QUICK, "not-whitelisted", "foreign-next")
    pgo = served.pgo(session)
    pgo.proxy = f"127.0.0.1:{open_proxy(served.running, '127.0.0.1', 0)}"
    pgo.hosts.clear()
    ids = pgo.ids
    pgo.ids = lambda **more: {**ids(**more), "Via": "1.1 squid", "X-Forwarded-For": "192.0.2.7"}
    ended = through(served, session, pgo)
    assert set(said(ended).values()) == {"pass"}, said(ended)


class Ending(httpx.BaseTransport):
    """A reverse proxy: it ends TLS, and says which certificate it saw."""

    def __init__(self, port: int, certificate: str) -> None:
        self.base, self.seen = f"http://127.0.0.1:{port}", quote(Path(certificate).read_text(), safe="")
        self.onward = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        told = {
            **request.headers,
            "host": request.url.host,
            "X-Forwarded-For": "192.0.2.7",
            "X-Harness-Secret": "a-secret-of-the-proxy",
            "X-SSL-Client-Cert": self.seen,
            "X-SSL-Facts": f"TLSv1.3;TLS_AES_256_GCM_SHA384;{request.url.host}",
        }
        url = self.base + request.url.raw_path.decode()
        return self.onward.handle_request(
            httpx.Request(request.method, url, headers=told, content=request.read())
        )


def test_a_proxy_that_ends_tls_hides_certificates_and_accuses_nobody(served: Served):
    peers, now = ["127.0.0.1"], served.clock.now
    port = served.running.hosts.behind("a-secret-of-the-proxy", peers, "127.0.0.1", 0, now)
    session = served.begin("ordinary", "state-altered", "state-missing", "certificate-expired")
    pgo = served.pgo(session)
    through_it = Ending(port, pgo.pair[0])
    pgo.client = lambda **_: httpx.Client(transport=through_it, timeout=15, follow_redirects=False)
    pgo.named = lambda host: True  # its certificate is the proxy's, which is good
    ended = said(through(served, session, pgo))
    assert ended.pop("MM-CLI-021") == "not-tested", "what the server would have shown nobody could see"
    assert set(ended.values()) == {"pass"}, ended


def test_lists_may_be_fetched_by_another_component(tmp_path: Path):
    with Served(tmp_path / "run", network(list_fetcher="shared")) as served:
        session = served.begin("ordinary", "list-stale", "certificate-expired")
        assert said(session)["MM-CLI-001"] == "not-yet-seen"
        identity = served.running.pki.client("lijsten.zonnewijzer.example")
        pair = tuple(str(path) for path in identity.write(tmp_path))
        pgo = served.pgo(session)
        own, fetch = pgo.pair, pgo.fetch_lists

        def elsewhere() -> None:
            pgo.pair = pair
            fetch()
            pgo.pair = own

        pgo.fetch_lists = elsewhere
        ended = through(served, session, pgo)
        assert set(said(ended).values()) == {"pass"}, said(ended)


def test_lists_that_were_fetched_before_count(served: Served):
    session = served.begin("ordinary")
    pgo = served.pgo(session, "lists-once")
    served.visit(session, pgo)
    served.end(session)
    again = served.begin("ordinary", "list-stale", "state-altered", "state-missing")
    while again["now"]:
        served.visit(again, pgo)
        served.visit(again, pgo)
        again = served.next(again)
    ended = said(served.end(again))
    assert ended.pop("MM-CLI-003") == "not-tested", "its lists are those of before"
    assert set(ended.values()) == {"pass"}


def test_lists_that_change_in_between_are_no_fault(served: Served):
    session = served.begin("ordinary", "certificate-expired", "list-stale", "state-altered", "state-missing")
    pgo = served.pgo(session, "lists-in-between")
    visits = 0
    while session["now"]:
        served.running.twins.stelselnode.republish()
        for _ in range(2):
            served.visit(session, pgo)
            visits += 1
        session = served.next(session)
    ended = served.end(session)
    assert set(said(ended).values()) == {"pass"}, said(ended)


@pytest.mark.parametrize("minutes", [-5, 5])
def test_clocks_that_differ_are_no_fault(tmp_path: Path, minutes: int):
    with Served(tmp_path / "run") as served:
        served.clock._offset += minutes * 60
        session = served.begin("ordinary", "state-altered", "state-missing")
        ended = through(served, session, served.pgo(session))
        assert set(said(ended).values()) == {"pass"}


def test_other_standards_and_providers_are_left_aside(served: Served):
    session = served.begin("ordinary")
    pgo = served.pgo(session)
    tokens = served.visit(session, pgo)
    base = pgo.provider(session["reach"]["provider"]).resource.replace("/49/", "/52/")
    with pgo.client(back=True) as http:
        http.get(f"{base}/Observation", headers={"Authorization": f"Bearer {tokens.access}"})
    pgo.visit("praktijk&partners2.beuk@medmij", session["person"])
    assert served.show(session)["unassigned"].get("other-standard") == 1
    served.visit(session, pgo)
    assert set(said(served.end(session)).values()) == {"pass"}


def test_a_folder_of_a_session_is_judged_like_any_run(served: Served):
    session = served.begin(*QUICK)
    ended = through(served, session, served.pgo(session, "accept-plain"))
    found = rejudge(Path(ended["run"]), load_catalogue())
    assert found.problem is None
    assert [item.requirement for item in found.findings if item.verdict == "warning"][:1] == ["MM-CLI-026"]
    assert (Path(ended["run"]) / "report" / "index.html").is_file()
    served.watch.finish()
    assert rejudge(served.folder, load_catalogue()).problem is None


def test_secrets_and_names_are_not_written(served: Served):
    session = served.begin("ordinary")
    tokens = served.visit(session, served.pgo(session), long_term=True)
    ended = served.end(session)
    data = b"".join(path.read_bytes() for path in Path(ended["run"]).rglob("*.json*") if path.is_file())
    import gzip

    data += b"".join(gzip.decompress(path.read_bytes()) for path in Path(ended["run"]).rglob("*.gz"))
    assert tokens.access.encode() not in data
    assert tokens.refresh.encode() not in data


def test_an_open_session_is_interrupted_when_serving_stops(served: Served):
    session = served.begin("state-altered", "state-missing")
    served.visit(session, served.pgo(session))
    served.watch.finish()
    held = served.desk.get(session["id"])
    assert (held.state, held.exit) == ("interrupted", ExitCode.UNDECIDED)
    with pytest.raises(httpx.HTTPError):
        served.show(session)


def test_what_cannot_be_judged_in_time_is_let_go_of(served: Served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("harness.matrix.sessions.desk.CLOSING", 0.0)
    session = served.begin("ordinary")
    served.visit(session, served.pgo(session, "patient-named"))
    assert served.watch.finish() == ExitCode.UNDECIDED
    found = rejudge(served.folder / "sessions" / session["id"], load_catalogue())
    assert "HG-REQ-001" in {item.requirement for item in found.findings if item.verdict == "fail"}
