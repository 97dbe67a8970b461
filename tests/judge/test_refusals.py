"""What an answer means to a request that must be refused: leak first, form second, silence undecided."""

from __future__ import annotations

import pytest
from drivenkit import CATALOGUE, NOW, T

from harness.core.run.exchanges import Exchange, Fact, Request, Response
from harness.core.run.findings import Cell, Finding
from harness.core.run.info import Settings
from harness.core.verdicts import Verdict, worst
from harness.judge.judging import judge_requirements
from harness.judge.view import CellView

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


# --- the token endpoint -------------------------------------------------------------------------------------------

TOKEN = Response(
    status=200,
    headers=(("Content-Type", "application/json"), ("Cache-Control", "no-store")),
    body=b'{"access_token":"[token:1]","token_type":"Bearer","expires_in":900}',
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
    other = Response(status=200, headers=TOKEN.headers, body=TOKEN.body.replace(b"token:1", b"token:2"))

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
    echo = Response(status=400, headers=TOKEN.headers, body=b'{"error":"invalid_grant","code":"[code:1]"}')
    items = offered("slash", echo)
    fact = Fact(tag="[code:1]", kind="code", place="response.body.code")
    assert (
        verdict("MM-TOK-006", *[Exchange(**{**_fields(i), "facts": (fact,)}) for i in items]) is Verdict.PASS
    )


def _fields(item: Exchange) -> dict[str, object]:
    return {name: getattr(item, name) for name in item.__struct_fields__}
