"""What other people's software does by itself and is no mistake, and the mistakes that look alike."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from test_mm import answered, judge, recorded, verdicts, where
from test_refusals import (
    CHALLENGE,
    CLIENT,
    FHIR,
    OUTCOME,
    REFUSED,
    TOKEN,
    authorize,
    garbage,
    offered,
    step,
    verdict,
)
from test_refusals import (
    said as findings,
)

from harness.core.run.exchanges import BUSY, Exchange, Identity, Response
from harness.core.verdicts import Verdict
from harness.judge.trust.client.token import _on_its_way


def said(exchanges: list[Exchange] | tuple[Exchange, ...]) -> dict[str, Verdict]:
    return verdicts(judge(recorded("mm-2.2")[0], exchanges))


def own(flow: str, operation: str) -> Exchange:
    return next(item for item in recorded("mm-2.2")[1] if (item.flow, item.operation) == (flow, operation))


# --- servers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("application/fhir+xml", Verdict.PASS), ("text/plain", Verdict.WARNING), ("text/html", Verdict.WARNING)],
)
def test_a_refusal_of_data_has_the_form_of_fhir(kind: str, wanted: Verdict) -> None:
    headers = (("Content-Type", kind), CHALLENGE)
    item = garbage(Response(status=401, headers=headers, body=b"Unauthorized"))
    driven = [
        step(n, "resource", {"group": "RS-route", "row": "head", "on": "none"}, item.response, flow=flow)
        for n, flow in ((5, "refused-persons"), (6, "refused-routes"))
    ]
    assert verdict("MM-RSC-002", item) is Verdict.PASS
    assert verdict("MM-RSC-011", item, *driven) is wanted


def test_a_web_server_knows_no_fhir_when_it_refuses_a_certificate() -> None:
    note = {"group": "RS-cert", "row": "none", "on": "hg-search"}
    page = Response(status=400, headers=(("Content-Type", "text/html"),), body=b"<h1>400</h1>")
    of_code = {"group": "AS-cert", "row": "none", "on": "code"}
    token = step(5, "token", of_code, page, flow="refused-token")
    assert verdict("MM-TLS-006", step(1, "resource", note, page), token) is Verdict.PASS


def test_a_token_error_says_that_it_is_json() -> None:
    as_text = Response(status=400, headers=(("Content-Type", "text/plain"),), body=REFUSED.body)
    assert verdict("MM-TOK-023", *offered("slash", REFUSED)) is Verdict.PASS
    assert verdict("MM-TOK-023", *offered("slash", as_text)) is Verdict.WARNING
    assert verdict("MM-TOK-006", *offered("slash", as_text)) is Verdict.PASS


def test_the_same_token_to_all_of_the_same_moment_is_a_remark() -> None:
    many = offered("at-once", TOKEN, TOKEN, group="AS-parallel", on="refresh")
    found = [item for item in findings("MM-TOK-014", *many) if item.where.path == "AS-parallel"]
    assert [item.verdict for item in found] == [Verdict.WARNING]
    assert not [item for item in findings("MM-TOK-023", *many) if item.where.path == "AS-parallel"]


def test_markup_of_the_request_on_a_page_is_a_remark() -> None:
    url = f"https://i.d.example/a?client_id={CLIENT}&redirect_uri=https%3A%2F%2Fevil.example%2F&state=s"
    for shown, wanted in (
        (b"<p>https://evil.example/<b id=medmij-markup>", Verdict.WARNING),
        (b"<p>https://evil.example/&lt;b id=medmij-markup&gt;", Verdict.PASS),
    ):
        good, asked = authorize("AZ-redirect", "markup", "", url=url, status=400)
        page = Response(status=400, headers=(("Content-Type", "text/html"),), body=shown)
        assert verdict("MM-AUT-003", good, replace(asked, response=page)) is wanted


def test_an_error_page_behind_redirects_is_a_refusal() -> None:
    good, asked = authorize("AZ-redirect", "port", "/a/start?x=1")
    note, page = asked.notes["refusal"], Response(status=400)
    last = step(3, "authorization", note, page, flow=asked.flow, operation="page")
    assert verdict("MM-AUT-003", good, asked, last) is Verdict.PASS
    passed = step(3, "authorization", note, page, flow=asked.flow, operation="landing")
    assert verdict("MM-AUT-003", good, asked, passed) is Verdict.INCONCLUSIVE


def test_a_door_that_could_not_be_tried_is_not_tested() -> None:
    fine = garbage(Response(status=401, headers=(FHIR, CHALLENGE), body=OUTCOME))
    note = {"group": "RS-token", "row": "changed", "on": "hg-search"}
    stopped = step(2, "resource", note, Response(status=429, headers=(("Retry-After", "60"),)))
    assert verdict("MM-RSC-002", fine, stopped) is Verdict.NOT_TESTED


def test_a_legal_answer_with_data_of_another_declared_person_fails() -> None:
    note = {"group": "RS-foreign-search", "on": "hg-search", "person": "hanna"}
    read = {"group": "RS-foreign-search", "row": "patient", "on": "hg-search"}
    empty = Response(status=200, headers=(FHIR,), body=b'{"resourceType":"Bundle","type":"searchset"}')
    tried = step(1, "resource", read, empty, flow="refused-persons")

    def control(*found: Identity) -> Exchange:
        return step(2, "resource", note, empty, flow="refused-persons", control=True, identities=found)

    other = Identity(side="response", belongs="other", person="bram")
    stranger = Identity(side="response", belongs="other")
    assert verdict("MM-RSC-003", tried, control(Identity(side="response", belongs="own"))) is Verdict.PASS
    assert verdict("MM-RSC-003", tried, control(other)) is Verdict.FAIL
    assert verdict("MM-RSC-003", tried, control(stranger)) is Verdict.PASS, "the file may be wrong"


def test_a_login_page_instead_of_data_is_a_refusal() -> None:
    exchanges = where(answered(302, b"", ("Location", "/login")), flow="neg-code-twice", interface="resource")
    assert said(exchanges(recorded("mm-2.2")[1]))["MM-TOK-002"] is Verdict.PASS


def test_consent_is_asked_in_every_visit_and_login_is_not() -> None:
    exchanges = recorded("mm-2.2")[1]
    redirect = own("again", "consent").response
    no_login = [item for item in exchanges if (item.flow, item.operation) != ("again", "login")]
    assert said(no_login)["MM-CON-001"] is Verdict.PASS, "single sign-on"
    no_consent = [
        replace(item, response=redirect) if (item.flow, item.operation) == ("again", "login") else item
        for item in exchanges
        if (item.flow, item.operation) != ("again", "consent")
    ]
    found = said(no_consent)
    assert found["MM-CON-001"] is Verdict.FAIL
    assert found["MM-CON-002"] is Verdict.PASS, "a login page is no consent question"


def test_the_same_answer_to_the_same_offer_issues_nothing() -> None:
    first = own("refresh", "token-refresh")
    exchanges = list(recorded("mm-2.2")[1])
    again = replace(first, id=f"{first.id}x", operation="token-refresh-again")
    exchanges.insert(exchanges.index(first) + 1, again)
    assert said(exchanges)["MM-TOK-004"] is Verdict.PASS
    elsewhere = replace(again, facts=tuple(one for one in again.facts if not one.place.startswith("request")))
    exchanges[exchanges.index(again)] = elsewhere
    assert said(exchanges)["MM-TOK-004"] is Verdict.FAIL


def test_what_was_put_off_is_no_answer() -> None:
    exchanges = list(recorded("mm-2.2")[1])
    first = own("var-resource-extra-header", "hg-patient-json")
    busy = replace(answered(429)(first), id=f"{first.id}x", operation=BUSY)
    exchanges.insert(exchanges.index(first), busy)
    assert said(exchanges) == said(recorded("mm-2.2")[1])
    exchanges[exchanges.index(busy)] = replace(busy, operation=first.operation)
    assert said(exchanges)["MM-RSC-005"] is not Verdict.PASS


@pytest.mark.parametrize(
    ("value", "operation", "wanted"),
    [
        ("no-cache, no-store, must-revalidate", "hg-patient-json", Verdict.PASS),
        ("private, max-age=60, must-revalidate", "hg-patient-json", Verdict.PASS),
        ("public, no-store", "hg-patient-json", Verdict.PASS),
        ("max-age=60", "hg-patient-json", Verdict.PASS),
        ("max-age=60, must-revalidate", "hg-patient-json", Verdict.WARNING),
        ("Public", "hg-patient-json", Verdict.WARNING),
        ("s-maxage=60", "hg-patient-json", Verdict.WARNING),
        ("public", "fhir-metadata", Verdict.PASS),
    ],
)
def test_what_a_shared_cache_may_keep(value: str, operation: str, wanted: Verdict) -> None:
    first = own("collect", "hg-patient-json")
    assert first.response is not None
    headers = (
        *(one for one in first.response.headers if one[0].lower() != "cache-control"),
        ("Cache-Control", value),
    )
    item = replace(first, operation=operation, response=replace(first.response, headers=headers))
    exchanges = [item if one is first else one for one in recorded("mm-2.2")[1]]
    assert said(exchanges)["MM-RSC-015"] is wanted


@pytest.mark.parametrize(("name", "wanted"), [("Age", Verdict.PASS), ("X-Trace-Debug", Verdict.WARNING)])
def test_what_an_answer_to_an_unknown_parameter_tells_more(name: str, wanted: Verdict) -> None:
    first = own("var-extra-parameter", "authorize")
    assert first.response is not None
    more = replace(first, response=replace(first.response, headers=(*first.response.headers, (name, "1"))))
    exchanges = [more if one is first else one for one in recorded("mm-2.2")[1]]
    assert said(exchanges)["MM-AUT-005"] is wanted


# --- clients --------------------------------------------------------------------------------------------------------


def test_a_reload_asks_nothing_new() -> None:
    exchanges = list(recorded("mm-2.2")[1])
    first = own("collect", "authorize")
    again = replace(first, id=f"{first.id}x")
    exchanges.insert(exchanges.index(first) + 1, again)
    found = said(exchanges)
    assert found["MM-CLI-008"] is found["MM-CLI-010"] is Verdict.PASS
    exchanges.remove(again)
    exchanges.append(again)  # after its token request: it is asked anew
    found = said(exchanges)
    assert found["MM-CLI-008"] is found["MM-CLI-010"] is Verdict.FAIL


def test_whoever_is_led_on_asks_nothing_new() -> None:
    exchanges = list(recorded("mm-2.2")[1])
    first = own("collect", "authorize")
    to = ("Location", f"{first.request.url.replace('.example/', '.example:443/', 1)}&hop=1")
    led = replace(first, id=f"{first.id}x", response=Response(status=302, headers=(to,)))
    on = replace(first, request=replace(first.request, url=f"{first.request.url}&hop=1"))
    exchanges[exchanges.index(first) : exchanges.index(first) + 1] = [led, on]
    found = said(exchanges)
    assert found["MM-CLI-008"] is found["MM-CLI-010"] is Verdict.PASS


def test_a_state_without_a_value_can_be_guessed() -> None:
    def emptied(item: Exchange) -> Exchange:
        head, _, rest = item.request.url.partition("state=")
        tail = rest.partition("&")
        return replace(item, request=replace(item.request, url=f"{head}state={tail[1]}{tail[2]}"))

    found = said(where(emptied, operation="authorize")(recorded("mm-2.2")[1]))
    assert found["MM-CLI-008"] is Verdict.FAIL and found["MM-CLI-005"] is Verdict.PASS


def test_a_get_whose_answer_was_lost_may_come_again() -> None:
    exchanges = list(recorded("mm-2.2")[1])
    first = own("collect", "hg-patient-json")
    again = replace(first, id=f"{first.id}x")
    exchanges.insert(exchanges.index(first) + 1, again)
    assert said(exchanges)["MM-CLI-010"] is Verdict.FAIL
    place = exchanges.index(first)
    exchanges[place] = replace(first, notes={**first.notes, "gone": True})
    assert said(exchanges)["MM-CLI-010"] is Verdict.WARNING
    exchanges[place : place + 2] = [first, replace(again, notes={**again.notes, "unread_before": True})]
    assert said(exchanges)["MM-CLI-010"] is Verdict.WARNING


def test_an_empty_secret_is_a_secret() -> None:
    def with_secret(item: Exchange) -> Exchange:
        body = item.request.body + b"&client_secret="
        return replace(item, request=replace(item.request, body=body))

    assert (
        said(where(with_secret, operation="token-code")(recorded("mm-2.2")[1]))["MM-CLI-014"]
        is Verdict.WARNING
    )


@pytest.mark.parametrize(
    ("number", "age", "later", "wanted"),
    [
        (2, 1.0, 0.2, True),  # another connection, which stood before the answer
        (1, 1.0, 0.2, False),  # the same: it had the answer
        (2, 0.05, 0.2, False),  # made after the answer
        (2, 9.0, 5.0, False),  # nothing is under way so long
    ],
)
def test_only_what_was_under_way_may_offer_an_older_token(
    number: int, age: float, later: float, wanted: bool
) -> None:
    newer = own("refresh", "token-refresh")
    newer = replace(
        newer, duration=0.0, started="2026-03-01T11:00:00Z", notes={"connection": {"number": 1, "age": 0.3}}
    )
    started = f"2026-03-01T11:00:{later:06.3f}Z"
    item = replace(newer, started=started, notes={"connection": {"number": number, "age": age}})
    assert _on_its_way(item, newer) is wanted
    assert not _on_its_way(replace(item, notes={}), newer)


@pytest.mark.parametrize("led", [True, False])
def test_where_a_server_leads_the_browser_is_no_request_of_the_pgo(led: bool) -> None:
    exchanges = list(recorded("mm-2.2")[1])
    first = own("collect", "authorize")
    away = "https://elsewhere.example/"
    place = exchanges.index(first)
    if led:
        exchanges[place] = replace(first, response=Response(status=302, headers=(("Location", away),)))
    request = replace(first.request, url=away)
    exchanges.insert(place + 1, replace(first, id=f"{first.id}x", request=request, response=None))
    expected = Verdict.PASS if led else Verdict.FAIL
    found = said(exchanges)
    assert [found[f"MM-CLI-00{number}"] for number in (5, 6, 7)] == [expected] * 3
