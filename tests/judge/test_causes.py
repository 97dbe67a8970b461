"""First cause: one broken step has one party, and what could not be seen because of it accuses nobody."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from drivenkit import (
    CATALOGUE,
    Recorded,
    answered,
    broken_at,
    drive,
    everywhere,
    findings_of,
    gone,
    replace,
    view_of,
)

from harness.core.run.exchanges import Exchange, Request, Response
from harness.core.run.findings import Finding, Where, finding
from harness.core.text import Text
from harness.core.verdicts import Blame, Verdict
from harness.judge.causes import CLIENT_DUTIES, Causes
from harness.judge.view import CellView
from harness.report.grouping import by_reason, grouped, how_often

pytestmark = pytest.mark.usefixtures("literals")

SETTLED = (Verdict.PASS, Verdict.NOT_APPLICABLE)
OUTCOME = b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"%b","diagnostics":"%b"}]}'
DOWN = OUTCOME % (b"exception", b"database down")
LATE = b'{"error":"invalid_grant","error_description":"too late"}'
HIS, DVZA, PGO, NODE = "his-eik", "dvza-eik", "pgo-zon", "stelselnode"


@cache
def whole(release: str = "mm-2.2") -> Recorded:
    return drive(release, ("collect",))


def unsettled(exchanges: list[Exchange] | tuple[Exchange, ...], **parties: object) -> list[Finding]:
    cell = whole()[0]
    found = findings_of(view_of(cell, exchanges, **parties), ("collect",))  # type: ignore[arg-type]
    return [item for item in found if item.verdict not in SETTLED]


def apart(found: list[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Objections, and what could not be decided."""
    open_ = [item for item in found if item.verdict is Verdict.INCONCLUSIVE]
    return [item for item in found if item not in open_], open_


def test_a_cell_in_which_nothing_broke_has_nothing_to_explain() -> None:
    assert unsettled(whole()[1]) == []


STEPS: dict[str, tuple] = {
    "lists not reachable": (
        lambda all_: [gone(item) for item in all_ if item.interface == "list"],
        *("list-zal", NODE, "connect: refused", "stelselnode is not reachable since", set()),
    ),
    "first list not reachable": (
        lambda all_: broken_at(all_, "list-zal", gone),
        *("list-zal", NODE, "connect: refused", "stelselnode is not reachable since", set()),
    ),
    "authorization refused": (
        lambda all_: broken_at(all_, "authorize", answered(400, b"nee", "text/html")),
        *("authorize", DVZA, "HTTP 400", "broke off at the authorization request", {"MM-AUT-006"}),
    ),
    "token refused": (
        lambda all_: broken_at(all_, "token-code", answered(400, LATE, "application/json")),
        *("token-code", DVZA, "HTTP 400; invalid_grant: too late", "broke off at the token request", set()),
    ),
    "token server not reachable": (
        lambda all_: broken_at(all_, "token-code", gone),
        *("token-code", DVZA, "connect: refused", "dvza-eik is not reachable since", set()),
    ),
    "data answered with 500": (
        lambda all_: everywhere(all_, "resource", answered(500, DOWN)),
        *("hg-patient-json", HIS, "HTTP 500; exception: database down", "broke off at the request for data"),
        {"HG-GEN-001"},
    ),
    "data not reachable": (
        lambda all_: everywhere(all_, "resource", gone),
        *("hg-patient-json", DVZA, "connect: refused", "dvza-eik is not reachable since", set()),
    ),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_broken_step_is_one_cause_and_the_rest_is_undecided(name: str) -> None:
    change, operation, party, received, reason, objections = STEPS[name]
    exchanges = change(whole()[1])
    place = next(item.id for item in exchanges if item.operation == operation)
    said, open_ = apart(unsettled(exchanges))

    assert {item.requirement for item in said} == objections
    assert {item.party for item in said} <= {party}, "who broke it, and nobody else, is accused"
    assert len({item.requirement for item in open_}) >= 30
    for item in open_:
        assert item.cause == ("" if item.party == party else party), item
        assert item.blame is None
        assert received in item.received and reason in item.next_step.en, item
        if item.requirement != "HG-GEN-001":
            assert item.where.exchange == place, item


@pytest.mark.parametrize("name", STEPS)
def test_the_consequences_are_counted_beneath_their_cause(name: str) -> None:
    change, _, party, _, reason, _ = STEPS[name]
    _, open_ = apart(unsettled(change(whole()[1])))
    groups = by_reason(open_)
    assert {group.cause for group in groups} <= {"", party} and len(groups) <= 2
    assert all(reason in group.reason.en for group in groups)
    told = [identifier for group in groups for identifier in group.requirements]
    assert sorted(told) == sorted({item.requirement for item in open_})


def test_equal_findings_of_many_cells_are_one_with_a_count() -> None:
    found = []
    for release in ("mm-2.1", "mm-2.2"):
        cell, exchanges = whole(release)
        view = view_of(cell, everywhere(exchanges, "resource", answered(500, DOWN)))
        found += findings_of(view, ("collect",))
    said, open_ = apart([item for item in found if item.verdict not in SETTLED])
    (group,) = grouped(said)
    assert "in 2 cells" in how_often(group).en and len(group) == len(said) > 20
    (one,) = by_reason(open_)
    assert len(one.evidence) == 2 and len(one.requirements) >= 30


@pytest.mark.parametrize(
    ("query", "consequences"),
    [("hg-patient", {"HG-PAT-001", "HG-PAT-002"}), ("hg-allergy", {"HG-ALL-001"})],
)
def test_one_request_that_is_always_refused_explains_what_looks_at_its_answer_only(
    query: str, consequences: set[str]
) -> None:
    """Also what a judge in code looks at, who does not tell which requests those are."""
    said, open_ = apart(unsettled(everywhere(whole()[1], "resource", answered(500), query)))
    place = next(item.id for item in whole()[1] if item.operation == f"{query}-json")
    assert {item.requirement for item in said} == {"HG-GEN-001"}
    assert {item.requirement for item in open_} == consequences
    assert {(item.where.exchange, item.cause) for item in open_} == {(place, "")}


def test_a_requirement_that_has_another_answer_to_look_at_is_not_explained() -> None:
    several = next(
        item for item in CATALOGUE if item.standard and len(getattr(item.check, "operations", ())) > 1
    )
    first, second = several.check.operations[:2]  # type: ignore[union-attr]
    cell = replace(whole()[0], standard=several.standard)

    def told(status: int) -> Finding:
        exchanges = [
            asked(operation=f"{first}-json", response=Response(status=500)),
            asked(id="x.0003", operation=f"{second}-json", response=Response(status=status)),
            asked(id="x.0004", operation="other-json", response=Response(status=200)),
        ]
        view = view_of(cell, exchanges)
        item = view.inconclusive(several.id, Text(nl="zo", en="so"))
        return Causes(view, lambda _: ()).explain(several, item)

    assert told(200).where.exchange == "" and told(200).next_step.en == "so"
    assert told(500).where.exchange == "x.0002"


def test_an_answer_in_one_of_two_formats_is_something_to_judge_by() -> None:
    found = unsettled(everywhere(whole()[1], "resource", answered(500), "hg-patient-xml"))
    assert {item.requirement for item in found} == {"HG-GEN-001"}


# -- behind our own DVZA ---------------------------------------------------------------------------


@contextmanager
def his(status: int, body: bytes) -> Iterator[str]:
    """A HIS that says the same to everything; yields its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/fhir+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing on the console."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/fhir"
    finally:
        server.shutdown()
        server.server_close()


def behind(address: str) -> list[Exchange]:
    """What is recorded of a live HIS behind our DVZA."""
    changes = {"kind": "live", "fhir": address, "behaviour": ""}
    return list(drive("mm-2.2", ("collect",), his=changes)[1])


def test_a_his_that_is_not_reachable_behind_our_dvza() -> None:
    exchanges = behind("http://127.0.0.1:9/fhir")
    said, open_ = apart(unsettled(exchanges, live=("his",)))
    assert said == []
    assert {item.party for item in open_} == {HIS} and {item.cause for item in open_} == {""}
    assert all("not reachable since" in item.received and "connect" in item.received for item in open_)
    (group,) = by_reason(open_)
    assert "his-eik is not reachable since" in group.reason.en and len(group.requirements) >= 30


def test_a_his_that_refuses_behind_our_dvza_shows_both_hops() -> None:
    with his(403, OUTCOME % (b"forbidden", b"no such endpoint")) as address:
        exchanges = behind(address)
    said, open_ = apart(unsettled(exchanges, live=("his",)))
    assert {(item.requirement, item.party, item.blame) for item in said} == {
        ("HG-GEN-001", HIS, Blame.PRODUCT)
    }
    place = {item.id: item for item in exchanges}
    for item in said:
        asked = place[item.where.exchange]
        assert asked.client == PGO and asked.server == DVZA
        assert "forbidden: no such endpoint" in item.received
        path = asked.request.url.partition("/49")[2]
        left = item.received.partition(f"{DVZA} asked {HIS}: ")[2]
        assert left == f"GET {path}: HTTP 403", "the request that really left"
    first = next(item.id for item in exchanges if item.operation == "hg-patient-json")
    assert {(item.where.exchange, item.cause) for item in open_} == {(first, "")}
    assert all(f"{DVZA} asked {HIS}: GET /fhir/Patient?" in item.received for item in open_)


def test_what_our_own_dvza_refuses_before_it_asks_the_his_accuses_nobody() -> None:
    """And is no success either: undecided, by our DVZA."""
    refused = answered(404, OUTCOME % (b"not-found", b"not found for this person"))
    said, open_ = apart(unsettled(everywhere(whole()[1], "resource", refused), live=("his",)))
    assert said == []
    assert {item.cause for item in open_ if item.party == HIS} == {DVZA}
    assert {item.requirement for item in open_} >= {"HG-GEN-001", "HG-PAT-002"}


# -- the client ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "duty"),
    [
        ("foreign-endpoint", "MM-CLI-004"),
        ("double-encode", "MM-CLI-005"),
        ("redirect-port", "MM-CLI-006"),
        ("scope-suffix", "MM-CLI-007"),
        ("token-json", "MM-CLI-013"),
        ("token-in-query", "MM-CLI-019"),
    ],
)
def test_a_client_whose_own_request_was_wrong_is_the_cause(fault: str, duty: str) -> None:
    """Our PGO misbehaves in its second flow only; here that is its first one."""
    assert duty in CLIENT_DUTIES
    cell, exchanges = drive("mm-2.2", ("collect", "again"), pgo={"faults": (fault,)})
    first = [item for item in exchanges if item.interface == "list" and item.flow == "collect"]
    second = [replace(item, flow="collect") for item in exchanges if item.flow == "again"]
    found = findings_of(view_of(cell, [*first, *second]), ("collect", "again"))
    said, open_ = apart([item for item in found if item.verdict not in SETTLED])
    assert duty in {item.requirement for item in said}
    assert {item.party for item in said} == {PGO}
    assert {item.cause for item in open_ if item.party in (HIS, DVZA)} == {PGO}
    assert {item.cause for item in open_ if item.party == PGO} <= {""}


def test_a_request_without_a_token_that_is_refused_accuses_the_client_only() -> None:
    def without(item: Exchange) -> Exchange:
        kept = tuple(pair for pair in item.request.headers if pair[0].lower() != "authorization")
        refused = answered(401)(item)
        return replace(refused, request=replace(item.request, headers=kept))

    said, open_ = apart(unsettled(everywhere(whole()[1], "resource", without)))
    assert {item.party for item in said} == {PGO} and "MM-CLI-019" in {item.requirement for item in said}
    assert {item.cause for item in open_ if item.party == HIS} == {PGO}
    assert "HG-GEN-001" in {item.requirement for item in open_}


def test_a_second_flow_that_broke_explains_nothing_of_the_content() -> None:
    """The data came in the first one: who did not answer then has another reason."""
    cell, exchanges = drive("mm-2.2", ("collect", "again"), pgo={"faults": ("redirect-port",)})
    view = view_of(cell, exchanges)
    causes = Causes(view, lambda _: ())
    nothing = view.inconclusive("HG-PAT-002", Text(nl="niets gezien", en="nothing seen"))
    assert causes.explain(CATALOGUE["HG-PAT-002"], nothing) == nothing
    framework = view.inconclusive("MM-TOK-001", Text(nl="niets gezien", en="nothing seen"))
    assert causes.explain(CATALOGUE["MM-TOK-001"], framework).where.exchange != ""


# -- one objection at a time -----------------------------------------------------------------------


def asked(server: str = DVZA, **fields: object) -> Exchange:
    given: dict[str, object] = {
        "id": "x.0002",
        "cell": whole()[0].key,
        "interface": "resource",
        "flow": "collect",
        "operation": "hg-patient-json",
        "client": PGO,
        "server": server,
        "started": "2026-03-01T11:00:01Z",
        "request": Request(method="GET", url="https://mtls.dvza.example/fhir/Patient"),
        "response": Response(status=404),
        **fields,
    }
    return Exchange(**given)  # type: ignore[arg-type]


def onward(**fields: object) -> Exchange:
    passed: dict[str, object] = {"id": "x.0001", "flow": "upstream", "operation": "upstream", "client": DVZA}
    request = Request(method="GET", url="https://his.example/base/Patient?patient=7")
    return asked(HIS, **{**passed, "request": request, **fields})


def explained(
    requirement: str, *exchanges: Exchange, verdict: Verdict = Verdict.FAIL, live: tuple[str, ...] = ("his",)
) -> Finding:
    """What becomes of an objection at the last of these exchanges."""
    cell = whole()[0]
    view = view_of(cell, exchanges, live=live)
    item = finding(
        requirement,
        cell,
        verdict,
        blame=Blame.PRODUCT,
        party=cell.party(CATALOGUE[requirement].role),
        where=Where(exchange=exchanges[-1].id, path="status"),
        expected="200",
        received="as seen",
    )
    return Causes(view, lambda _: ()).explain(CATALOGUE[requirement], item)


CONTENT, SERVER, CLIENT = "HG-GEN-001", "MM-RSC-001", "HG-REQ-001"


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.WARNING])
@pytest.mark.parametrize(
    ("requirement", "hop", "fields", "cause"),
    [
        (SERVER, {}, {}, HIS),
        (SERVER, {"response": None, "error": "timeout: 30 s"}, {"response": Response(status=502)}, HIS),
        (CONTENT, None, {}, DVZA),
        (CONTENT, None, {"response": None, "error": "connect: refused"}, DVZA),
        (CONTENT, None, {"response": None, "error": "timeout: 30 s"}, DVZA),
        (SERVER, None, {"response": None, "error": "connect: refused"}, ""),
        (CONTENT, {"response": None, "error": "connect: x"}, {"response": Response(status=502)}, ""),
    ],
    ids=[
        "refused by the HIS",
        "HIS too late",
        "refused by our DVZA",
        "DVZA gone",
        "DVZA too late",
        "gone",
        "HIS gone",
    ],
)
def test_what_another_party_broke_is_undecided(
    requirement: str, hop: dict | None, fields: dict, cause: str, verdict: Verdict
) -> None:
    exchanges = [asked(**fields)] if hop is None else [onward(**hop), asked(**fields)]
    item = explained(requirement, *exchanges, verdict=verdict)
    assert (item.verdict, item.cause, item.where.exchange) == (Verdict.INCONCLUSIVE, cause, "x.0002")
    assert item.blame is None and item.received and item.next_step.nl


@pytest.mark.parametrize(
    ("requirement", "hop", "fields"),
    [
        (CONTENT, {}, {}),
        (SERVER, {"response": Response(status=200)}, {}),
        (SERVER, {"response": Response(status=410)}, {}),
        (SERVER, None, {}),
        (SERVER, None, {"response": None, "error": "timeout: 30 s"}),
        (CONTENT, None, {"response": Response(status=200)}),
        (CONTENT, None, {"flow": "neg-wrong-person"}),
        (SERVER, None, {"interface": "token", "operation": "token-code"}),
        (CLIENT, None, {"response": None, "error": "connect: refused"}),
    ],
    ids=[
        *("refused by the HIS itself", "refused after the HIS agreed", "refused in another way than the HIS"),
        *("our own refusal", "our own lateness", "a good answer", "a variant", "the token", "the client"),
    ],
)
def test_what_a_party_did_itself_stays_its_own(requirement: str, hop: dict | None, fields: dict) -> None:
    exchanges = [asked(**fields)] if hop is None else [onward(**hop), asked(**fields)]
    item = explained(requirement, *exchanges)
    assert (item.verdict, item.blame, item.cause) == (Verdict.FAIL, Blame.PRODUCT, "")
    assert item.received.startswith("as seen") and item.expected == "200" and item.where.path == "status"


@pytest.mark.parametrize(
    ("place", "verdict", "blame", "cause"),
    [
        ("x.0002", Verdict.FAIL, Blame.PRODUCT, PGO),
        ("x.0009", Verdict.FAIL, Blame.PRODUCT, ""),
        ("x.0002", Verdict.WARNING, Blame.PRODUCT, ""),
        ("x.0002", Verdict.FAIL, Blame.CONFIGURATION, ""),
    ],
    ids=["its own", "another request", "a remark", "configuration"],
)
def test_a_refusal_of_a_wrong_request_for_data_is_the_clients(
    place: str, verdict: Verdict, blame: Blame, cause: str
) -> None:
    cell = whole()[0]
    view = view_of(cell, [asked(response=Response(status=400))])
    duty = finding("MM-CLI-004", cell, verdict, blame=blame, party=PGO, where=Where(exchange=place))
    said = view.fail(CONTENT, exchange=view.exchanges[0], expected="200", received="400")
    item = Causes(view, lambda ids: [duty] if "MM-CLI-004" in ids else []).explain(CATALOGUE[CONTENT], said)
    assert (item.verdict, item.cause) == (Verdict.INCONCLUSIVE if cause else Verdict.FAIL, cause)


def test_a_live_dvza_and_his_together_are_not_taken_apart() -> None:
    item = explained(CONTENT, asked(), live=("his", "dvza"))
    assert (item.verdict, item.party) == (Verdict.FAIL, HIS)


def test_what_was_said_is_told_once() -> None:
    refusal = answered(404, OUTCOME % (b"not-found", b"as seen"))
    item = explained(CONTENT, onward(response=refusal(asked()).response), refusal(asked()))
    assert item.received.startswith("as seen; not-found: as seen; dvza-eik asked his-eik: GET /base/Patient?")
    again = Causes(_view(onward(), refusal(asked())), lambda _: ()).explain(CATALOGUE[CONTENT], item)
    assert again == item


def _view(*exchanges: Exchange) -> CellView:
    return view_of(whole()[0], exchanges, live=("his",))


@pytest.mark.parametrize(
    "changes",
    [{"verdict": Verdict.PASS}, {"blame": Blame.CONFIGURATION}, {"where": Where(exchange="x.0002")}],
    ids=["a pass", "a configuration mistake", "what points at an exchange"],
)
def test_what_has_a_reason_of_its_own_keeps_it(changes: dict) -> None:
    view = _view(asked(response=None, error="connect: refused"))
    item = replace(view.inconclusive(CONTENT, Text(nl="zo", en="so")), **changes)
    assert Causes(view, lambda _: ()).explain(CATALOGUE[CONTENT], item) == item


def test_a_party_is_gone_since_the_first_time() -> None:
    gone_since = [
        asked(id=f"x.000{n}", started=f"2026-03-01T11:00:0{n}Z", response=None, error="connect: refused")
        for n in (1, 2)
    ]
    item = explained(SERVER, *gone_since)
    assert item.received == "not reachable since 2026-03-01T11:00:01Z: connect: refused"


def test_a_variant_in_which_nobody_answered_says_so() -> None:
    flow = "refused-token"
    requirement = next(item for item in CATALOGUE if flow in item.flows and item.role == "dvza")
    view = _view(asked(flow=flow, interface="token", response=None, error="connect: refused"))
    nothing = view.inconclusive(requirement.id, Text(nl="zo", en="so"))
    item = Causes(view, lambda _: ()).explain(requirement, nothing)
    assert item.where.exchange == "x.0002" and "is not reachable since" in item.next_step.en


@pytest.mark.parametrize(
    ("notes", "cookies", "told"),
    [
        ({"page": {"step": "login"}}, 180, "HTTP 200; the login page, again or still"),
        (
            {"page": {"step": "<b>mine</b>"}},
            0,
            "HTTP 200; a page that is not recognised as landing page, login page or consent question",
        ),
        ({}, 0, "HTTP 200; no HTML page that can be read"),
        ({}, 181, "HTTP 200; no HTML page that can be read; 181 cookies in one answer, a browser keeps 180"),
    ],
    ids=["a known page", "an unknown page", "no page", "cookies"],
)
def test_where_a_person_gets_no_further_the_page_is_told(notes: dict, cookies: int, told: str) -> None:
    response = Response(status=200, headers=(("Set-Cookie", "a=b"),) * cookies)
    stuck = asked(interface="login", operation="login", response=response, notes=notes)
    view = _view(stuck)
    nothing = view.inconclusive(CONTENT, Text(nl="zo", en="so"))
    item = Causes(view, lambda _: ()).explain(CATALOGUE[CONTENT], nothing)
    assert item.received == told and "broke off at the login" in item.next_step.en
