"""What an answer means to a request that must be refused: leak first, form second, silence undecided."""

from __future__ import annotations

import pytest
from drivenkit import CATALOGUE, NOW, T, replace

from harness.core.run.exchanges import Exchange, Fact, Identity, Request, Response
from harness.core.run.findings import Cell, Finding
from harness.core.run.info import Settings
from harness.core.verdicts import Verdict, worst
from harness.judge.judging import judge_requirements
from harness.judge.view import CellView

pytestmark = pytest.mark.usefixtures("literals")

CELL = Cell(his="h", dvza="d", pgo="p", standard="huisartsgegevens-2.0", release="mm-2.2")
FHIR = ("Content-Type", "application/fhir+json")
CHALLENGE = ("WWW-Authenticate", 'Bearer error="invalid_token"')
OUTCOME = b'{"resourceType":"OperationOutcome","issue":[]}'
PATIENT = b'{"resourceType":"Patient","id":"1"}'
CLIENT = "pgo.example.nl"
GOOD = f"https://inlog.d.example/authorize?client_id={CLIENT}&redirect_uri=https%3A%2F%2F{CLIENT}%2Fr&state=s"


def step(
    number: int,
    interface: str,
    note: dict[str, str],
    response: Response | None,
    *,
    url: str = "https://mtls.d.example/fhir/Patient",
    error: str = "",
    control: bool = False,
    method: str = "GET",
    flow: str = "refused-data",
    operation: str = "refused",
    **more: object,
) -> Exchange:
    return Exchange(
        id=f"x.{number:04d}",
        interface=interface,
        flow=flow,
        operation="control" if control else operation,
        client="p",
        server="d",
        started=f"2026-03-01T11:00:{number:02d}Z",
        request=Request(method=method, url=url),
        response=response,
        error=error,
        notes={("control" if control else "refusal"): note},
        **more,  # type: ignore[arg-type]
    )


def said(requirement: str, *exchanges: Exchange) -> list[Finding]:
    view = CellView(CELL, exchanges, CATALOGUE, t=T, now=NOW, settings=Settings())
    return judge_requirements(view, [requirement])


def verdict(requirement: str, *exchanges: Exchange) -> Verdict:
    return worst([item.verdict for item in said(requirement, *exchanges)])


def garbage(response: Response | None, number: int = 1, **more: object) -> Exchange:
    note = {"group": "RS-token", "row": "garbage", "on": "hg-search"}
    return step(number, "resource", note, response, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("response", "error", "wanted", "form"),
    [
        (Response(status=401, headers=(FHIR, CHALLENGE), body=OUTCOME), "", Verdict.PASS, Verdict.INCONCLUSIVE),
        (Response(status=401, headers=(FHIR,), body=OUTCOME), "", Verdict.PASS, Verdict.WARNING),
        (Response(status=403, headers=(FHIR,), body=OUTCOME), "", Verdict.PASS, Verdict.WARNING),
        (Response(status=302, headers=(("Location", "/login"),)), "", Verdict.PASS, Verdict.WARNING),
        (Response(status=200, headers=(FHIR,), body=PATIENT), "", Verdict.FAIL, Verdict.INCONCLUSIVE),
        (Response(status=200, headers=(FHIR,), body=OUTCOME), "", Verdict.FAIL, Verdict.INCONCLUSIVE),
        (Response(status=403, headers=(FHIR,), body=PATIENT), "", Verdict.FAIL, Verdict.INCONCLUSIVE),
        (Response(status=500, headers=(FHIR,), body=PATIENT), "", Verdict.FAIL, Verdict.INCONCLUSIVE),
        (Response(status=500, body=b"x"), "", Verdict.PASS, Verdict.WARNING),
        (Response(status=429), "", Verdict.NOT_TESTED, Verdict.NOT_TESTED),
        (None, "timeout: gave up", Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
        (None, "protocol: closed without an answer", Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
    ],
)  # fmt: skip
def test_an_answer_of_the_resource_server(
    response: Response | None, error: str, wanted: Verdict, form: Verdict
) -> None:
    item = garbage(response, error=error)
    assert verdict("MM-RSC-002", item) is wanted
    if form is Verdict.WARNING:
        # the flows of the form must all have been driven
        others = [
            step(number, "resource", {"group": "RS-route", "row": "head", "on": "none"}, None, flow=flow)
            for number, flow in ((5, "refused-persons"), (6, "refused-routes"))
        ]
        assert verdict("MM-RSC-011", item, *others) is form


def test_a_hole_is_one_finding_with_a_count_and_the_requests() -> None:
    open_door = Response(status=200, headers=(FHIR,), body=PATIENT)
    rows = ("none", "empty", "basic", "garbage", "changed", "truncated", "other-case", "code")
    items = [
        step(n, "resource", {"group": "RS-token", "row": row, "on": "hg-search"}, open_door)
        for n, row in enumerate(rows)
    ]
    (found,) = said("MM-RSC-002", *items)
    assert found.verdict is Verdict.FAIL
    assert found.where.path == "RS-token"
    assert "8/8" in found.received and "none/hg-search" in found.received and "+2" in found.received


def test_a_server_that_breaks_is_a_finding_of_its_own() -> None:
    broken = garbage(Response(status=500, body=b"x"))
    others = [
        step(number, "resource", {"group": "RS-route", "row": "head", "on": "none"}, None, flow=flow)
        for number, flow in ((5, "refused-persons"), (6, "refused-routes"))
    ]
    assert [item.rule for item in said("MM-RSC-011", broken, *others)] == ["server-error"]


def test_refusals_say_nothing_when_the_legal_request_failed_after_them() -> None:
    refused = garbage(Response(status=401, headers=(FHIR, CHALLENGE), body=OUTCOME))
    note = {"group": "RS-token", "on": "hg-search", "person": ""}
    fine, locked = (
        step(2, "resource", note, Response(status=code, headers=(FHIR,), body=OUTCOME), control=True)
        for code in (200, 403)
    )
    assert verdict("MM-RSC-002", refused, fine) is Verdict.PASS
    assert verdict("MM-RSC-002", refused, locked) is Verdict.INCONCLUSIVE
    leak = garbage(Response(status=200, headers=(FHIR,), body=PATIENT), 3)
    assert verdict("MM-RSC-002", refused, leak, locked) is Verdict.FAIL


STRANGER = Identity(side="response", belongs="other", differs=("birthDate",), person="harm")
OWN = Identity(side="response", belongs="declared")


def test_a_legal_request_that_is_answered_with_another_person_is_a_leak_unless_all_are() -> None:
    note = {"group": "RS-token", "on": "hg-search", "person": ""}
    fine = Response(status=200, headers=(FHIR,), body=PATIENT)

    def collected(identity: Identity) -> Exchange:
        return replace(step(1, "resource", {}, fine, flow="collect"), identities=(identity,))

    mixed = step(2, "resource", note, fine, control=True, identities=(STRANGER,))
    found = said("MM-RSC-003", collected(OWN), mixed)
    assert [item.received for item in found if item.verdict is Verdict.FAIL] == ["data of another person"]
    assert not [
        item for item in said("MM-RSC-003", collected(STRANGER), mixed) if item.verdict is Verdict.FAIL
    ]


def test_what_is_not_declared_is_not_tested() -> None:
    (found,) = said("MM-RSC-009", garbage(Response(status=401, headers=(FHIR, CHALLENGE), body=OUTCOME)))
    assert found.verdict is Verdict.NOT_TESTED
    assert "second_client" in found.next_step.en


# --- the authorization endpoint -----------------------------------------------------------------------------------


def authorize(group: str, row: str, location: str, *, url: str = GOOD, status: int = 302) -> list[Exchange]:
    good = step(1, "authorization", {}, Response(status=200), url=GOOD, flow="collect", operation="authorize")
    headers = (("Location", location),) if location else ()
    note = {"group": group, "row": row, "on": ""}
    asked = step(
        2,
        "authorization",
        note,
        Response(status=status, headers=headers),
        url=url,
        flow="refused-authorization",
        operation="authorize",
    )
    return [good, asked]


@pytest.mark.parametrize(
    ("location", "wanted"),
    [
        (f"https://{CLIENT}/r?code=c&state=s", Verdict.WARNING),
        (f"https://{CLIENT}/r?error=invalid_request&state=s", Verdict.WARNING),
        ("https://evil.example/r?code=c", Verdict.FAIL),
        (f"http://{CLIENT}/r?code=c", Verdict.FAIL),
        (f"https://{CLIENT}:8443/r?code=c", Verdict.FAIL),
        (f"https://{CLIENT}/r#code=c", Verdict.FAIL),
        (f"https://{CLIENT}@evil.example/r?code=c", Verdict.FAIL),
        (f"https://evil.example\\@{CLIENT}/r?code=c", Verdict.FAIL),
        (f"https://{CLIENT}\\@evil.example/r?code=c", Verdict.FAIL),
        (f"https://{CLIENT}.evil.example/r?error=x", Verdict.FAIL),
    ],
)
def test_a_redirect_is_judged_by_where_it_leads(location: str, wanted: Verdict) -> None:
    assert verdict("MM-AUT-003", *authorize("AZ-redirect", "other-host", location)) is wanted


@pytest.mark.parametrize(
    ("location", "wanted"),
    [
        (f"https://{CLIENT}/r?error=invalid_request&state=s", Verdict.PASS),
        (f"https://{CLIENT}/r?error=invalid_request&state=t", Verdict.FAIL),
        (f"https://{CLIENT}/r?error=401&state=s", Verdict.FAIL),
        (f"https://{CLIENT}/r?code=c&state=s", Verdict.FAIL),
        ("", Verdict.FAIL),
    ],
)
def test_other_mistakes_lead_back_with_an_error_and_the_same_state(location: str, wanted: Verdict) -> None:
    found = authorize("AZ-request", "type-token", location, status=302 if location else 400)
    assert verdict("MM-AUT-004", *found) is wanted


def test_an_error_page_refuses_a_scope_as_well() -> None:
    assert verdict("MM-AUT-007", *authorize("AZ-scope", "suffix", "", status=400)) is Verdict.PASS
    assert verdict("MM-AUT-003", *authorize("AZ-redirect", "port", "", status=400)) is Verdict.PASS
    assert verdict("MM-AUT-003", *authorize("AZ-redirect", "port", "", status=503)) is not Verdict.PASS


# --- what of a request works in a page ----------------------------------------------------------------------------

HTML = ("Content-Type", "text/html; charset=utf-8")
MARKED = GOOD.replace("client_id=pgo", "client_id=%3Cb%20id%3Dmedmij-markup%3Epgo")
EVIL = GOOD.replace(f"%2F%2F{CLIENT}%2Fr", "%2F%2Fevil.example%2Fr")


def shown(row: str, body: bytes, *headers: tuple[str, str], url: str, group: str = "AZ-client") -> Exchange:
    note = {"group": group, "row": row, "on": ""}
    found = Response(status=400, headers=(HTML, *headers), body=b"<html><body>" + body + b"</body></html>")
    item = step(2, "authorization", note, found, url=url, flow="refused-authorization", operation="authorize")
    sent = (("Origin", "https://evil.example"),)
    return replace(item, request=Request(method="GET", url=url, headers=sent))


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b"<b id=medmij-markup>pgo.example.nl", Verdict.WARNING),
        (b"&lt;b id=medmij-markup&gt;pgo.example.nl", Verdict.PASS),
        (b"", Verdict.PASS),
    ],
)
def test_a_page_may_repeat_a_parameter_as_text_only(body: bytes, wanted: Verdict) -> None:
    assert verdict("MM-AUT-014", shown("markup", body, url=MARKED)) is wanted


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b'<a href="https://evil.example/r">terug</a>', Verdict.WARNING),
        (b'<a href="https://d.example/">start</a> https://evil.example/r', Verdict.PASS),
    ],
)
def test_an_error_page_does_not_lead_to_a_redirect_uri_that_it_refuses(body: bytes, wanted: Verdict) -> None:
    assert verdict("MM-AUT-003", shown("other-host", body, url=EVIL, group="AZ-redirect")) is wanted


def test_no_other_site_may_read_the_pages() -> None:
    for value, wanted in (("https://evil.example", Verdict.WARNING), ("https://d.example", Verdict.PASS)):
        item = shown("origin", b"", ("Access-Control-Allow-Origin", value), url=GOOD, group="AZ-origin")
        assert verdict("MM-AUT-014", item) is wanted


# --- the person's pages -------------------------------------------------------------------------------------------

CODE = f"https://{CLIENT}/r?code=mask-code-b&state=s"
OTHER_CODE = f"https://{CLIENT}/r?code=mask-code-c&state=s"
DENIED = f"https://{CLIENT}/r?error=access_denied&state=s"


def walk(row: str, *steps: tuple[str, str, bool], group: str = "AZ-step") -> list[Exchange]:
    """A walk: the page that is shown, or where it leads, and whether the step is the wrong one."""
    note = {"group": group, "row": row, "on": ""}
    made = []
    for number, (page, location, wrong) in enumerate(steps):
        headers = (("Location", location),) if location else ()
        item = step(
            number,
            "authorization" if number == 0 else "consent",
            note,
            Response(status=302 if location else 400 if page == "error" else 200, headers=headers),
            url=GOOD,
            flow="refused-steps",
            operation="authorize" if number == 0 else "consent",
        )
        marks = {"wrong": True} if wrong else {}
        made.append(replace(item, notes={**item.notes, "page": {"step": page}, **marks}))
    return made


@pytest.mark.parametrize(
    ("row", "steps", "wanted"),
    [
        ("unchosen", [("landing", "", False), ("", CODE, True)], Verdict.FAIL),
        ("unchosen", [("landing", "", False), ("error", "", True)], Verdict.PASS),
        ("unchosen", [("landing", "", False), ("", DENIED, True)], Verdict.PASS),
        ("unchosen", [("landing", "", False), ("error", "", False)], Verdict.INCONCLUSIVE),
        ("ahead", [("login", "", False), ("login", "", True), ("", CODE, False)], Verdict.FAIL),
        ("ahead", [("login", "", False), ("login", "", True), ("consent", "", False)], Verdict.PASS),
        ("reconsidered", [("consent", "", False), ("", DENIED, False), ("", CODE, True)], Verdict.FAIL),
        ("other-pgo", [("landing", "", True), ("login", "", False), ("", CODE, False)], Verdict.FAIL),
        ("other-pgo", [("landing", "", True), ("consent", "", False), ("", CODE, False)], Verdict.PASS),
        ("deep-link", [("landing", "", True), ("consent", "", False)], Verdict.FAIL),
        ("deep-link", [("landing", "", True), ("login", "", False)], Verdict.PASS),
        ("consents-link", [("consents", "", True)], Verdict.FAIL),
        ("consents-link", [("login", "", True)], Verdict.PASS),
        ("consents-link", [("error", "", True)], Verdict.PASS),
    ],
)
def test_a_wrong_step_gives_no_code(row: str, steps: list[tuple[str, str, bool]], wanted: Verdict) -> None:
    assert verdict("MM-CON-011", *walk(row, *steps)) is wanted


def test_a_double_click_may_repeat_the_code_and_not_give_another() -> None:
    for second, wanted in ((CODE, Verdict.PASS), (OTHER_CODE, Verdict.WARNING)):
        items = walk(
            "again", ("consent", "", False), ("", CODE, False), ("", second, True), group="AZ-browser"
        )
        assert verdict("MM-CON-012", *items) is wanted


def test_a_consent_of_another_person_stays() -> None:
    form = b'<form method="post"><input type="hidden" name="consent" value="%s"><button>x</button></form>'
    for left, wanted in ((b"mine", Verdict.PASS), (b"older", Verdict.FAIL)):
        posted, seen = walk("withdraw-other", ("consents", "", True), ("consents", "", False))
        posted = replace(
            posted, request=Request(method="POST", url=GOOD, body=b"consent=mine&action=withdraw")
        )
        assert seen.response is not None
        seen = replace(seen, response=replace(seen.response, headers=(HTML,), body=form % left))
        assert verdict("MM-CON-011", posted, seen) is wanted


# --- detours with a good token ------------------------------------------------------------------------------------


def once(
    group: str, row: str, response: Response, *, on: str = "hg-search", flow: str = "refused-data"
) -> Exchange:
    return step(3, "resource", {"group": group, "row": row, "on": on}, response, flow=flow)


def test_an_answer_to_another_method_is_fine_unless_something_was_made() -> None:
    for status, wanted in ((200, Verdict.PASS), (201, Verdict.FAIL), (405, Verdict.PASS)):
        found = once("RS-once", "method-override", Response(status=status, headers=(FHIR,), body=PATIENT))
        assert verdict("MM-RSC-012", found) is wanted


def test_only_the_type_of_another_service_is_too_much() -> None:
    cell = Cell(his="h", dvza="d", pgo="p", standard="huisartsgegevens-2.0", release="mm-1.4")
    for body, wanted in (
        (PATIENT, Verdict.PASS),
        (PATIENT.replace(b"Patient", b"Appointment"), Verdict.FAIL),
    ):
        found = once(
            "RS-cross",
            "reverse-include",
            Response(status=200, headers=(FHIR,), body=body),
            on="hg-search:Appointment",
        )
        view = CellView(cell, [found], CATALOGUE, t=T, now=NOW, settings=Settings())
        verdicts = [item.verdict for item in judge_requirements(view, ["MM-RSC-010"])]
        assert worst(verdicts) is wanted


def test_without_a_token_nobody_learns_which_documents_exist() -> None:
    for status, wanted in ((401, Verdict.PASS), (404, Verdict.WARNING)):
        known, unknown = (
            once(
                "RS-route",
                row,
                Response(status=code, headers=(FHIR, CHALLENGE)),
                on="none",
                flow="refused-routes",
            )
            for row, code in (("document", 401), ("document-unknown", status))
        )
        assert verdict("MM-RSC-013", known, unknown) is wanted


# --- the token endpoint -------------------------------------------------------------------------------------------

TOKEN = Response(
    status=200,
    headers=(("Content-Type", "application/json"), ("Cache-Control", "no-store")),
    body=b'{"access_token":"mask-token-b","token_type":"Bearer","expires_in":900}',
)
REFUSED = Response(
    status=400, headers=(("Content-Type", "application/json"),), body=b'{"error":"invalid_grant"}'
)


def offered(row: str, *responses: Response, group: str = "AS-redirect", on: str = "code") -> list[Exchange]:
    note = {"group": group, "row": row, "on": on}
    return [
        step(n, "token", note, found, flow="refused-token", method="POST")
        for n, found in enumerate(responses)
    ]


def test_a_token_is_an_open_door_whatever_the_status_says() -> None:
    assert verdict("MM-TOK-006", *offered("slash", REFUSED)) is Verdict.PASS
    assert verdict("MM-TOK-006", *offered("slash", TOKEN)) is Verdict.FAIL


def test_of_the_same_offer_at_once_one_may_succeed() -> None:
    other = Response(status=200, headers=TOKEN.headers, body=TOKEN.body.replace(b"token-b", b"token-c"))

    def found(*responses: Response) -> Verdict:
        many = offered("at-once", *responses, group="AS-parallel")
        single = offered("slash", REFUSED)
        return worst(
            [i.verdict for i in said("MM-TOK-001", *many, *single) if i.where.path == "AS-parallel"]
            or [Verdict.PASS]
        )

    assert found(TOKEN, REFUSED, REFUSED) is Verdict.PASS
    assert found(TOKEN, other, REFUSED) is Verdict.FAIL


def test_a_code_in_an_error_answer_is_no_token() -> None:
    echo = Response(status=400, headers=TOKEN.headers, body=b'{"error":"invalid_grant","code":"mask-code-b"}')
    items = offered("slash", echo)
    fact = Fact(tag="mask-code-b", kind="code", place="response.body.code")
    assert (
        verdict("MM-TOK-006", *[Exchange(**{**_fields(i), "facts": (fact,)}) for i in items]) is Verdict.PASS
    )


def test_a_refusal_does_not_tell_whose_the_code_was() -> None:
    login = step(
        0, "authorization", {}, Response(status=200), url=GOOD, flow="refused-token", operation="authorize"
    )
    for client, wanted in ((CLIENT, Verdict.WARNING), ("elders", Verdict.PASS)):
        body = b'{"error":"invalid_grant","error_description":"issued to %s"}' % client.encode()
        answer = Response(status=400, headers=TOKEN.headers, body=body)
        items = offered("other-pgo-guessed", answer, group="AS-grant")
        assert verdict("MM-TOK-007", login, *items) is wanted


def test_a_refreshed_token_is_for_what_the_client_list_still_has() -> None:
    for scope, wanted in (("49 51", Verdict.FAIL), ("51", Verdict.PASS)):
        body = TOKEN.body.replace(b"900", b'900,"scope":"%s"' % scope.encode())
        answer = Response(status=200, headers=TOKEN.headers, body=body)
        items = offered("narrowed", answer, group="AS-list", on="refresh")
        found = [
            i.verdict for i in said("MM-TOK-012", *items, *_narrowed_before()) if i.where.path == "AS-list"
        ]
        assert worst(found or [Verdict.PASS]) is wanted


def _narrowed_before() -> list[Exchange]:
    refused = Response(status=403, headers=(FHIR,), body=OUTCOME)
    return [once("RS-token", "narrowed", refused)]


def _fields(item: Exchange) -> dict[str, object]:
    return {name: getattr(item, name) for name in item.__struct_fields__}
