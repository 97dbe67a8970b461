"""What is written in another but equal way gets the same verdict; what only looks alike does not."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
import pytest
from test_mm import Change, in_body, judge, recorded, response_header, verdicts, where

from harness.core.run.exchanges import Exchange
from harness.core.verdicts import Verdict

replace = msgspec.structs.replace


def url(change: Callable[[str], str]) -> Change:
    def changed(item: Exchange) -> Exchange:
        return replace(item, request=replace(item.request, url=change(item.request.url)))

    return changed


def request_header(name: str, change: Callable[[str], str]) -> Change:
    def changed(item: Exchange) -> Exchange:
        headers = tuple((k, change(v) if k.lower() == name else v) for k, v in item.request.headers)
        return replace(item, request=replace(item.request, headers=headers))

    return changed


def location(change: Callable[[str], str]) -> Change:
    return response_header("location", change)


def with_port(text: str) -> str:
    return re.sub(r"(https://[^/:?]+)", r"\1:443", text, count=1)


def with_capitals(text: str) -> str:
    scheme, _, rest = text.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.upper()}://{host.upper()}{slash}{path}"


def with_order(text: str) -> str:
    base, _, query = text.partition("?")
    return f"{base}?{'&'.join(reversed(query.split('&')))}"


ACCEPT = "application/fhir+json"
EQUAL: dict[str, tuple[dict[str, str], Change]] = {
    "token at :443": ({"interface": "token"}, url(with_port)),
    "authorize at :443": ({"operation": "authorize"}, url(with_port)),
    "authorize in capitals": ({"operation": "authorize"}, url(with_capitals)),
    "parameters in another order": ({"operation": "authorize"}, url(with_order)),
    "data at :443": ({"interface": "resource"}, url(with_port)),
    "data at a host in capitals": ({"interface": "resource"}, url(with_capitals)),
    "token path percent-encoded": ({"interface": "token"}, url(lambda text: text.replace("/token", "/%74oken"))),
    "bearer, two blanks": (
        {"interface": "resource"},
        request_header("authorization", lambda text: text.replace("Bearer ", "bearer  ")),
    ),
    "Accept with a wider range behind it": (
        {"interface": "resource"},
        request_header("accept", lambda _: "*/*;q=0.1, Application/FHIR+JSON;FhirVersion=\"3.0\""),
    ),
    "Accept with the full version": (
        {"interface": "resource"},
        request_header("accept", lambda _: "application/fhir+json; charset=utf-8; fhirVersion=3.0.2"),
    ),
    "form with a charset": (
        {"interface": "token"},
        request_header("content-type", lambda text: f"{text.title()}; charset=UTF-8"),
    ),
    "token type in lower case": ({"interface": "token"}, in_body(b'"Bearer"', b'"bearer"')),
    "expires_in as 9e2": ({"interface": "token"}, in_body(b": 900", b": 9e2")),
    "Cache-Control in capitals": (
        {"interface": "token"},
        response_header("cache-control", lambda _: "private, No-Store"),
    ),
    "token answer with a charset": (
        {"interface": "token"},
        response_header("content-type", lambda _: "Application/JSON;charset=UTF-8"),
    ),
    "no scope in the token answer": (
        {"interface": "token"},
        lambda item: in_body(re.search(rb', "scope": "[^"]*"', item.response.body)[0], b"")(item),  # type: ignore[union-attr,index]
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EQUAL)
def test_equal_spellings_change_no_verdict(name: str) -> None:
    cell, exchanges = recorded("mm-2.2")
    labels, change = EQUAL[name]
    assert verdicts(judge(cell, where(change, **labels, first=False)(exchanges))) == verdicts(
        judge(cell, exchanges)
    )


DIFFERENT: dict[str, tuple[dict[str, str], Change, str, Verdict]] = {
    "token at another port": (
        {"interface": "token"},
        url(lambda text: re.sub(r"(https://[^/:?]+)", r"\1:8443", text)),
        "MM-CLI-004",
        Verdict.FAIL,
    ),
    "token path with a slash": (
        {"interface": "token"}, url(lambda text: f"{text}/"), "MM-CLI-004", Verdict.FAIL
    ),
    "a tab behind Bearer": (
        {"interface": "resource"},
        request_header("authorization", lambda text: text.replace("Bearer ", "Bearer\t")),
        "MM-CLI-019",
        Verdict.FAIL,
    ),
    "Accept prefers something else": (
        {"interface": "resource"},
        request_header("accept", lambda _: "text/html, application/fhir+json;fhirVersion=3.0;q=0.9"),
        "MM-CLI-026",
        Verdict.WARNING,
    ),
    "Accept of another version": (
        {"interface": "resource"},
        request_header("accept", lambda _: "application/fhir+json;fhirVersion=3.01"),
        "MM-CLI-026",
        Verdict.WARNING,
    ),
    "expires_in as text": (
        {"interface": "token"}, in_body(b": 900", b': "900"'), "MM-TOK-009", Verdict.WARNING
    ),
    "expires_in of nothing": ({"interface": "token"}, in_body(b": 900", b": 0"), "MM-TOK-009", Verdict.FAIL),
    "a member twice": (
        {"interface": "token"},
        in_body(b'{"access_token"', b'{"token_type": "Bearer", "access_token"'),
        "MM-TOK-009",
        Verdict.FAIL,
    ),
    "private is not no-store": (
        {"interface": "token"},
        response_header("cache-control", lambda _: "private, x-no-store"),
        "MM-TOK-016",
        Verdict.WARNING,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_only_looks_alike_is_told_apart(name: str) -> None:
    cell, exchanges = recorded("mm-2.2")
    labels, change, requirement, verdict = DIFFERENT[name]
    said = judge(cell, where(change, **labels, first=False)(exchanges))
    assert verdicts(said)[requirement] is verdict


def test_the_address_of_the_client_may_be_spelled_otherwise() -> None:
    cell, exchanges = recorded("mm-2.2")

    def changed(item: Exchange) -> Exchange:
        sent = dict(item.response.headers) if item.response else {}
        return location(with_port)(item) if "code=" in sent.get("Location", "") else item

    said = judge(cell, where(changed, interface="consent", first=False)(exchanges))
    assert verdicts(said)["MM-AUT-010"] is Verdict.PASS
