"""Scope, URLs, authorization, token, resource, pages, ages: rules with passing and failing cases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote, urlsplit

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.errors import UsageError
from harness.medmij import (
    age,
    authorization,
    errors,
    forms,
    headers,
    pages,
    releases,
    resource,
    scope,
    token,
    urls,
)

R14, R15, R21, R22 = (releases.release(name) for name in ("mm-1.4", "mm-1.5", "mm-2.1", "mm-2.2"))
ALL = (R14, R15, R21, R22)
UUID = "6f1f7a9c-0b0e-4f0e-9b3e-0d1c2b3a4f5e"
NOW = datetime(2030, 1, 2, tzinfo=UTC)


# --- releases -------------------------------------------------------------------------------------


def test_releases_are_ordered_by_number() -> None:
    assert releases.oldest_first(["mm-2.10", "mm-2.9", "mm-1.5", "mm-2.9"]) == ["mm-1.5", "mm-2.9", "mm-2.10"]
    assert releases.newest(["mm-2.9", "mm-2.10"]) == "mm-2.10"
    assert releases.newest([]) == ""


def test_releases_are_data() -> None:
    assert releases.release_ids() == ("mm-1.4", "mm-1.5", "mm-2.1", "mm-2.2")
    assert [item.correlation for item in ALL] == [False, False, True, True]
    assert R22.ocl_check == "token"
    assert releases.limits().token_response.seconds == 10
    with pytest.raises(UsageError, match=r"mm-2\.2"):
        releases.release("mm-2.3")


# --- names and scope ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("test.huisarts.amsterdam@medmij", True),
        ("jansen&jansen@medmij", True),
        ("praktijk2021@medmij", True),
        ("praktijk20215@medmij", False),
        ("a--b@medmij", False),
        ("1praktijk@medmij", False),
        ("praktijk", False),
        ("Praktijk@medmij", False),
        ("é@medmij", False),
        ("a" * 60 + "@medmij", False),
    ],
)
def test_name_vectors(name: str, good: bool) -> None:
    assert scope.is_name(name) is good


def test_names_match_without_case_and_diacritics() -> None:
    assert scope.same_name("Jansén@medmij", "jansen")
    assert not scope.same_name("jansen", "janssen")


@pytest.mark.parametrize(
    ("release", "function", "text", "rule"),
    [
        (R14, "collect", "jansen~49", ""),
        (R14, "collect", "jansen~49 jansen~51", "scope-form"),
        (R14, "collect", "jansen", "scope-form"),
        (R15, "collect", "jansen~49 jansen~51", ""),
        (R15, "collect", "jansen~49 pietersen~51", "scope-providers"),
        (R15, "collect", "jansen~49 jansen~49", "scope-repeated"),
        (R15, "share", "jansen~49 jansen~51", "scope-form"),
        (R15, "collect", "jansen~49  jansen~51", "scope-space"),
        (R22, "collect", "jansen", ""),
        (R22, "collect", "jansen&jansen.2-b", "scope-name"),
        (R22, "collect", "jansen&jansen", ""),
        (R22, "collect", "jansen@medmij", "scope-suffix"),
        (R22, "collect", "jansen pietersen", "scope-form"),
        (R22, "collect", "jansen~49", "scope-form"),
        (R22, "share", "jansen~53", ""),
        (R22, "share", "jansen", "scope-form"),
        (R22, None, "jansen~53", ""),
        (R22, "collect", "jansen onbehalfof", ""),
        (R22, "collect", "", "scope-missing"),
        (R22, "share", "jansen~5 3", "scope-name"),
        (R22, "share", "jansen~", "scope-service"),
        (R22, "collect", "jansen\n", "scope-characters"),
    ],
)
def test_scope_per_release(
    release: releases.Release, function: releases.Function | None, text: str, rule: str
) -> None:
    parsed = scope.parse(text, release, function)
    assert (parsed.scope is None) == bool(rule)
    assert [issue.rule for issue in parsed.issues] == ([rule] if rule else [])


def test_scope_build() -> None:
    assert scope.build(R22, "collect", "jansen&jansen@medmij", ("49",)) == "jansen&jansen"
    assert scope.build(R22, "share", "jansen", ("53",)) == "jansen~53"
    assert scope.build(R15, "collect", "jansen", ("49", "51")) == "jansen~49 jansen~51"
    with pytest.raises(ValueError, match="single"):
        scope.build(R14, "collect", "jansen", ("49", "51"))


def test_granted_scope_forms() -> None:
    assert scope.parse_granted("48 49 51") == ("48", "49", "51")
    assert scope.parse_granted("jansen~42") == ("42",)
    assert scope.parse_granted("jansen") == ()
    assert scope.parse_granted("") is None
    assert scope.parse_granted("jansen pietersen") is None
    assert scope.parse_granted("A!~4") is None


fragment = st.from_regex(r"[a-z]{1,6}[0-9]{0,4}", fullmatch=True)
medmij_name = st.lists(fragment, min_size=1, max_size=4).flatmap(
    lambda parts: st.sampled_from(["-", "&", "."]).map(lambda joint: joint.join(parts))
)
service_id = st.from_regex(r"[0-9]{1,9}", fullmatch=True)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(medmij_name, st.lists(service_id, min_size=1, max_size=4, unique=True), st.sampled_from(ALL))
def test_scope_round_trip(name: str, services: list[str], release: releases.Release) -> None:
    form = release.scope.collect
    wanted = tuple(services[:1] if form == "single" else services)
    text = scope.build(release, "collect", name, wanted)
    parsed = scope.parse(text, release, "collect")
    assert parsed.scope == scope.Scope(name=name, services=() if form == "name" else wanted)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(max_size=80), st.sampled_from(ALL))
def test_scope_never_raises(text: str, release: releases.Release) -> None:
    parsed = scope.parse(text, release)
    assert (parsed.scope is None) == bool(parsed.issues)
    if parsed.scope:
        rebuilt = [parsed.scope.name] if not parsed.scope.services else []
        rebuilt += [f"{parsed.scope.name}~{item}" for item in parsed.scope.services]
        again = scope.parse(" ".join((*rebuilt, *parsed.scope.representation)), release)
        assert again.scope == parsed.scope  # names in lower case, all else as it was
    scope.parse_granted(text)


# --- URLs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "kind", "good"),
    [
        ("https://a.example/authorize", "front", True),
        ("https://a.example", "front", True),
        ("https://a.example:8443/token", "front", False),
        ("https://a.example:8443/token", "back", True),
        ("https://a.example:0/token", "back", False),
        ("https://a.example:99999/token", "back", False),
        ("https://a.example/token/", "back", False),
        ("https://a.example/t?x=1", "back", False),
        ("https://a.example/t#x", "back", False),
        ("http://a.example/t", "back", False),
        ("https://A.example/t", "back", False),
        ("https://*.a.example/t", "back", False),
        ("https://localhost/t", "back", False),
        ("https://u@a.example/t", "back", False),
        ("https://a.example/%zz", "back", False),
        ("https://a.example\\t", "back", False),
    ],
)
def test_endpoints(url: str, kind: urls.UriKind, good: bool) -> None:
    assert (urls.parse_endpoint(url, kind) is not None) is good


@pytest.mark.parametrize(
    ("base", "path", "joined"),
    [
        ("https://a.nl/fhir", "Patient", "https://a.nl/fhir/Patient"),
        ("https://a.nl/fhir/", "/Patient?x=1", "https://a.nl/fhir/Patient?x=1"),
        ("https://a.nl/fhir/", "/fhir/Patient", "https://a.nl/fhir/Patient"),
        ("https://a.nl", "Patient", "https://a.nl/Patient"),
        ("https://a.nl/fhir", "?_id=1", "https://a.nl/fhir?_id=1"),
        ("https://a.nl/fhir", "fhirstuff", "https://a.nl/fhir/fhirstuff"),
    ],
)
def test_join(base: str, path: str, joined: str) -> None:
    assert urls.join(base, path) == joined


REDIRECT = "https://pgo.example.nl/callback"


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (REDIRECT, ""),
        ("https://PGO.example.nl/cb?x=1", ""),
        ("", "redirect-uri-missing"),
        ("/callback", "redirect-uri-relative"),
        ("http://pgo.example.nl/cb", "redirect-uri-scheme"),
        ("https://pgo.example.nl:8443/cb", "redirect-uri-port"),
        ("https://pgo.example.nl:443/cb", "redirect-uri-port"),
        ("https://pgo.example.nl:/cb", "redirect-uri-port"),
        ("https://pgo.example.nl.evil.test/cb", "redirect-uri-host"),
        ("https://evil.test/cb", "redirect-uri-host"),
        ("https://pgo.example.nl@evil.test/cb", "redirect-uri-userinfo"),
        ("https://pgo.example.nl/cb#x", "redirect-uri-fragment"),
        ("https://pgo.example.nl/cb\r\nX: y", "redirect-uri-syntax"),
        ("https://pgo.example.nl\\@evil.test/", "redirect-uri-syntax"),
        ("https://[::1/cb", "redirect-uri-syntax"),
        ("javascript:alert(1)", "redirect-uri-relative"),
    ],
)
def test_redirect_uri(value: str, rule: str) -> None:
    rules = [issue.rule for issue in urls.check_redirect_uri(value, "pgo.example.nl")]
    assert (rules == []) if not rule else rule in rules


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(max_size=60), st.text(max_size=20))
def test_url_functions_never_raise(value: str, other: str) -> None:
    urls.parse_endpoint("https://" + value, "back")
    urls.check_redirect_uri(value, other)
    urls.host_of(value)
    urls.double_encoded(value)
    urls.join(value, other)
    forms.query_of(value)
    authorization.parse_redirect(value, other)


# --- authorization --------------------------------------------------------------------------------


def good_request(release: releases.Release, **changes: str) -> authorization.AuthorizationRequest:
    request = authorization.AuthorizationRequest(
        client_id="pgo.example.nl",
        redirect_uri=REDIRECT,
        scope=scope.build(release, "collect", "jansen&jansen", ("49",)),
        state="a-state_23~x",
        request_id=UUID if release.correlation else "",
        correlation_id=UUID if release.correlation else "",
    )
    return msgspec.structs.replace(request, **changes)


def run_check(query: str, release: releases.Release, **options: object) -> authorization.CheckedRequest:
    known = {"pgo.example.nl": "Proef PGO"}
    return authorization.check(
        query, release, client=known.get, names=["jansen&jansen"], services=["49", "51", "53"], **options
    )  # type: ignore[arg-type]


@pytest.mark.parametrize("release", ALL, ids=lambda item: item.id)
def test_good_authorization_request(release: releases.Release) -> None:
    url = authorization.build("https://inlog.dva.example/authorize", good_request(release), release)
    query = urlsplit(url).query
    assert "jansen%26jansen" in query
    assert "%253A" not in query
    checked = run_check(query, release)
    assert checked.exception == ""
    assert checked.request == good_request(release)
    assert checked.organisation == "Proef PGO"
    assert authorization.check_syntax(query, release) == []
    assert run_check(query + "&foo=1", release).request == good_request(release)


def query_with(release: releases.Release, *drop: str, **replace: str) -> str:
    url = authorization.build("https://x.nl/a", good_request(release), release)
    pairs = forms.parse(urlsplit(url).query)
    kept = [(pair.name, replace.pop(pair.name, pair.value)) for pair in pairs if pair.name not in drop]
    return forms.encode(kept + list(replace.items()))


@pytest.mark.parametrize(
    ("query", "exception", "error", "rule"),
    [
        (query_with(R22, "client_id"), "1a", "", "client-id-missing"),
        (query_with(R22, client_id="onbekend.example.nl"), "1a", "", "client-id-unknown"),
        (query_with(R22, client_id="*"), "1a", "", "client-id-syntax"),
        (query_with(R22, "redirect_uri"), "1a", "", "redirect-uri-missing"),
        (query_with(R22, redirect_uri="http://pgo.example.nl/cb"), "1a", "", "redirect-uri-scheme"),
        (query_with(R22) + "&client_id=pgo.example.nl", "1a", "", "parameter-repeated"),
        (query_with(R22, redirect_uri=quote(REDIRECT, safe="")), "1a", "", "redirect-uri-double-encoded"),
        ("%zz", "1a", "", "query-syntax"),
        (query_with(R22, response_type="token"), "1b", "unsupported_response_type", "response-type"),
        (query_with(R22, "response_type"), "1b", "invalid_request", "response-type"),
        (query_with(R22, "state"), "1b", "invalid_request", "state"),
        (query_with(R22, scope="jansen&jansen@medmij"), "1b", "invalid_scope", "scope-suffix"),
        (query_with(R22, scope="onbekend"), "1b", "invalid_scope", "scope-provider-unknown"),
        (query_with(R22, scope="jansen&jansen~999"), "1b", "invalid_scope", "scope-service-unknown"),
        (query_with(R22, "scope"), "1b", "invalid_request", "scope-missing"),
        (query_with(R22, "MedMij-Request-ID"), "1b", "invalid_request", "correlation-missing"),
        (query_with(R22, **{"X-Correlation-ID": "1"}), "1b", "invalid_request", "correlation-uuid"),
        (query_with(R22) + "&state=b", "1b", "invalid_request", "parameter-repeated"),
    ],
)
def test_authorization_exceptions(query: str, exception: str, error: str, rule: str) -> None:
    checked = run_check(query, R22)
    assert (checked.exception, checked.error) == (exception, error)
    assert rule in [issue.rule for issue in checked.issues]
    assert checked.request is None
    assert bool(checked.redirect_uri) == (exception == "1b")


def test_unencoded_redirect_uri_depends_on_the_release() -> None:
    for release, exception in ((R14, ""), (R22, "1a")):
        raw = query_with(release).replace(quote(REDIRECT, safe=""), REDIRECT)
        assert run_check(raw, release).exception == exception


def test_ocl_check_moves_with_the_release() -> None:
    for release, exception in ((R15, "1b"), (R22, "")):
        options = {"client_services": lambda _: {"51"}}
        assert run_check(query_with(release), release, **options).exception == exception


def test_redirects() -> None:
    location = authorization.success_redirect(REDIRECT + "?a=1", "c&d", "s t")
    result = authorization.parse_redirect(location, REDIRECT)
    assert (result.code, result.state, result.issues) == ("c&d", "s t", ())
    failed = authorization.parse_redirect(
        authorization.error_redirect(REDIRECT, "access_denied", "s"), REDIRECT
    )
    assert (failed.error, failed.state, failed.issues) == ("access_denied", "s", ())
    odd = authorization.parse_redirect("https://evil.test/?error=401&code=x&code=y", REDIRECT)
    rules = {issue.rule for issue in odd.issues}
    assert rules == {"redirect-target", "parameter-repeated", "redirect-outcome", "redirect-error"}


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(max_size=200), st.sampled_from(ALL))
def test_any_query_is_checked_without_raising(query: str, release: releases.Release) -> None:
    checked = run_check(query, release)
    assert checked.exception in ("1a", "1b")
    authorization.check_syntax(query, release)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.sampled_from(["response_type", "scope", "state", "client_id", "redirect_uri", "X-Correlation-ID"]),
    st.text(max_size=40),
)
def test_fuzzed_parameters_never_reach_a_foreign_redirect(name: str, value: str) -> None:
    checked = run_check(query_with(R22, **{name: value}), R22)
    assert checked.redirect_uri in ("", REDIRECT) or urls.host_of(checked.redirect_uri) == "pgo.example.nl"


# --- token ----------------------------------------------------------------------------------------

FORM = (("Content-Type", token.FORM), (headers.REQUEST_ID, UUID), (headers.CORRELATION_ID, UUID))
CODE = token.TokenRequest(
    grant_type="authorization_code", code="abc", client_id="pgo.example.nl", redirect_uri=REDIRECT
)


@pytest.mark.parametrize("release", ALL, ids=lambda item: item.id)
def test_good_token_request(release: releases.Release) -> None:
    sent = tuple(token.request_headers(release, UUID, UUID))
    parsed = token.parse_request("POST", "", sent, token.build(CODE, release), release)
    assert parsed.request == CODE
    assert parsed.issues == ()


@pytest.mark.parametrize(
    ("changes", "error", "rule"),
    [
        ({"client_id": ""}, "invalid_request", "token-client-id"),
        ({"redirect_uri": ""}, "invalid_request", "token-redirect-uri"),
        ({"code": ""}, "invalid_request", "token-code"),
        ({"grant_type": ""}, "invalid_request", "token-grant"),
        ({"grant_type": "refresh_code"}, "unsupported_grant_type", "token-grant"),
        ({"grant_type": "refresh_token"}, "invalid_request", "token-refresh"),
        ({"redirect_uri": quote(REDIRECT, safe="")}, "invalid_grant", "token-double-encoded"),
    ],
)
def test_bad_token_requests(changes: dict[str, str], error: str, rule: str) -> None:
    request = msgspec.structs.replace(CODE, **changes)
    parsed = token.parse_request("POST", "", FORM, token.build(request, R22), R22)
    assert parsed.error == error
    assert parsed.issues[-1].rule == rule


def test_token_request_shape() -> None:
    body = token.build(CODE, R22)
    assert token.parse_request("GET", "", FORM, body, R22).issues[0].rule == "token-method"
    as_json = (("Content-Type", "application/json"),)
    assert token.parse_request("POST", "", as_json, b"{}", R22).issues[0].rule == "token-media-type"
    assert token.parse_request("POST", "", FORM, b"\xff", R22).error == "invalid_request"
    assert token.parse_request("POST", "", FORM, b"a" * 20_000, R22).issues[0].rule == "token-size"
    twice = token.parse_request("POST", "", FORM, body + b"&code=x", R22)
    assert twice.issues[-1].rule == "token-repeated"
    warned = token.parse_request("POST", "code=abc", (*FORM, ("Authorization", "Basic x")), body, R22)
    assert [issue.rule for issue in warned.issues] == ["token-query", "token-basic"]
    assert warned.request == CODE
    assert (
        token.parse_request("POST", "", FORM, body + b"&client_secret=x", R22).issues[0].rule
        == "token-secret"
    )
    refresh = msgspec.structs.replace(CODE, grant_type="refresh_token", refresh_token="r")
    assert (
        token.parse_request("POST", "", FORM, token.build(refresh, R15), R15).error
        == "unsupported_grant_type"
    )


@pytest.mark.parametrize(
    ("grant", "hosts", "after", "error"),
    [
        ({}, ["pgo.example.nl"], 14.5, ""),
        ({}, ["pgo.example.nl"], 15.5, "invalid_grant"),
        ({"used": True}, ["pgo.example.nl"], 1, "invalid_grant"),
        ({"revoked": True}, ["pgo.example.nl"], 1, "invalid_grant"),
        ({"redirect_uri": REDIRECT + "/x"}, ["pgo.example.nl"], 1, "invalid_grant"),
        ({"client_id": "pgo2.example.nl"}, ["pgo.example.nl"], 1, "invalid_grant"),
        ({}, ["pgo2.example.nl"], 1, "invalid_client"),
    ],
)
def test_code_exchange(grant: dict[str, object], hosts: list[str], after: float, error: str) -> None:
    base = token.Grant(client_id="pgo.example.nl", redirect_uri=REDIRECT, issued=NOW)
    given_grant = msgspec.structs.replace(base, **grant)
    moment = NOW + timedelta(minutes=after)
    lifetime = timedelta(seconds=releases.limits().code_lifetime)
    result = token.check_grant(CODE, given_grant, hosts, R22, moment, lifetime=lifetime)
    assert result[0] == error
    assert (
        token.check_grant(CODE, None, ["pgo.example.nl"], R22, NOW, lifetime=lifetime)[0] == "invalid_grant"
    )


def test_token_response_round_trip() -> None:
    response = token.TokenResponse(
        access_token="x" * 43, expires_in=900, refresh_token="r" * 43, scope="49 51"
    )
    parsed = token.parse_response(200, token.RESPONSE_HEADERS, token.build_response(response), R22)
    assert (parsed.response, parsed.issues) == (response, ())
    old = token.parse_response(200, token.RESPONSE_HEADERS, token.build_response(response), R15)
    assert [issue.rule for issue in old.issues] == ["token-refresh-release"]
    failed = token.parse_response(400, token.RESPONSE_HEADERS, token.build_error("invalid_grant", "x"), R22)
    assert (failed.error, failed.issues) == ("invalid_grant", ())
    bare = token.TokenResponse(access_token="x", expires_in=900)
    narrow = token.parse_response(200, token.RESPONSE_HEADERS, token.build_response(bare), R15, narrower=True)
    assert [issue.rule for issue in narrow.issues] == ["token-scope-missing"]


@pytest.mark.parametrize(
    ("status", "sent", "body", "rule"),
    [
        (200, token.RESPONSE_HEADERS, b"[]", "token-json"),
        (200, token.RESPONSE_HEADERS, b"{}", "token-access-token"),
        (200, (("Content-Type", "text/html"),), b'{"access_token":"a"}', "token-response-type"),
        (
            200,
            token.RESPONSE_HEADERS,
            b'{"access_token":"a","token_type":"mac","expires_in":1}',
            "token-type",
        ),
        (200, token.RESPONSE_HEADERS, b'{"access_token":"a","expires_in":"900"}', "token-expires"),
        (200, token.RESPONSE_HEADERS, b'{"access_token":"a","expires_in":true}', "token-expires"),
        (200, token.RESPONSE_HEADERS, b'{"access_token":"a","refresh_token":1}', "token-refresh-token"),
        (200, token.RESPONSE_HEADERS, b'{"access_token":"a","scope":"! !"}', "token-scope"),
        (200, token.RESPONSE_HEADERS[:1], b'{"access_token":"a"}', "token-no-store"),
        (400, token.RESPONSE_HEADERS, b'{"error":"401"}', "token-error"),
        (200, token.RESPONSE_HEADERS, b"[" * 100_000, "token-size"),
        (200, token.RESPONSE_HEADERS, b"[" * 60_000, "token-json"),
    ],
)
def test_bad_token_responses(status: int, sent: tuple[tuple[str, str], ...], body: bytes, rule: str) -> None:
    parsed = token.parse_response(status, sent, body, R22)
    assert rule in [issue.rule for issue in parsed.issues]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_token_parsing_never_raises(body: bytes, other: bytes) -> None:
    parsed = token.parse_request("POST", other.decode("latin-1"), FORM, body, R22)
    assert (parsed.request is None) == bool(parsed.error)
    token.parse_response(200, FORM, body, R22)


# --- resource -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "query", "case"),
    [
        ((("Authorization", "Bearer abc.def-1"),), "", ""),
        ((("authorization", "bearer abc"),), "", ""),
        ((), "", "no-token"),
        ((("Authorization", "Basic abc"),), "", "invalid-token"),
        ((("Authorization", "Bearer a b"),), "", "invalid-token"),
        ((("Authorization", "Bearer "),), "", "invalid-token"),
        ((), "access_token=abc", "several-methods"),
        ((("Authorization", "Bearer a"), ("Authorization", "Bearer b")), "", "several-methods"),
    ],
)
def test_bearer(sent: tuple[tuple[str, str], ...], query: str, case: str) -> None:
    found = resource.bearer(sent, query)
    assert found.case == case
    assert (found.error is None) == (case == "")


def test_bearer_in_a_form_body() -> None:
    sent = (("Content-Type", token.FORM),)
    assert resource.bearer(sent, "", b"x=1&access_token=abc").case == "several-methods"


def test_resource_headers_and_versions() -> None:
    value = resource.accept("json")
    sent = tuple(resource.request_headers(R22, "abc", UUID, UUID, value))
    assert resource.bearer(sent).token == "abc"
    assert headers.check_headers(sent) == []
    assert errors.token_status("invalid_client") == 401
    rules = [issue.rule for issue in headers.check_headers(((headers.REQUEST_ID, "1"),))]
    assert rules == ["correlation-uuid", "correlation-missing"]
    twice = ((headers.REQUEST_ID, UUID), (headers.REQUEST_ID, UUID), (headers.CORRELATION_ID, UUID))
    assert [issue.rule for issue in headers.check_headers(twice)] == ["correlation-repeated"]


# --- ages and pages -------------------------------------------------------------------------------


def test_ages() -> None:
    day = date(2030, 6, 1)
    assert age.may_collect(date(2014, 6, 1), day)
    assert not age.may_collect(date(2014, 6, 2), day)
    assert age.age_on(date(2012, 2, 29), date(2028, 2, 28)) == 15
    assert age.age_on(date(2012, 2, 29), date(2030, 3, 1)) == 18
    assert age.may_be_represented(date(2018, 6, 2), day)
    assert not age.may_be_represented(date(2018, 6, 1), day)


PAGE = b"""<!doctype html><html lang="nl"><head><title>Toestemming </title><script>var x</script></head>
<body data-step="consent"><main><h1>Toestemming</h1><p>Huisarts  Jansen &amp; PGO</p><p hidden>geheim</p>
<form method="post" action="/consent?tx=1"><input type="hidden" name="csrf" value="q">
<label for="l">Zonder einddatum</label><input type="checkbox" id="l" name="long">
<label><input type="radio" name="r" value="a" checked> Keuze A</label>
<select name="p"><option value="1" selected>Een</option><option>Twee</option></select>
<textarea name="t">tekst</textarea><input type="submit" value="Stop">
<button name="answer" value="yes">Ja</button></form>
<a href="/weg">Terug</a></main></body></html>"""


def test_pages() -> None:
    page = pages.parse(PAGE, "https://inlog.dva.example/authorize")
    assert page is not None
    assert (page.title, page.step, page.lang) == ("Toestemming", "consent", "nl")
    assert "Huisarts Jansen & PGO" in page.text
    assert "geheim" not in page.text
    form = page.forms[0]
    assert (form.method, form.action) == ("POST", "https://inlog.dva.example/consent?tx=1")
    by_name = {(item.name, item.value): item for item in form.controls}
    assert by_name["long", "on"].label == "Zonder einddatum"
    assert not by_name["long", "on"].checked
    assert by_name["r", "a"].checked
    assert by_name["r", "a"].label == "Keuze A"
    assert by_name["p", "1"].checked
    assert by_name["t", "tekst"].kind == "textarea"
    assert by_name["answer", "yes"].label == "Ja"
    assert page.links == (("https://inlog.dva.example/weg", "Terug"),)
    assert pages.parse(b"") is None
    assert pages.parse(b"x" * (pages.MAX_PAGE + 1)) is None


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.binary(max_size=300))
def test_pages_never_raise(body: bytes) -> None:
    pages.parse(b"<html>" + body, "https://a.nl/")
    pages.parse(body, "https://[")
