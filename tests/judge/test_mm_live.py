"""Live parties do things of their own accord: what they did is read from the messages, not from our labels."""

from __future__ import annotations

import re
from itertools import chain, zip_longest

import msgspec
from test_mm import CATALOGUE, NOW, T, answered, judge, recorded, response_header, verdicts, where

from harness.core.run.exchanges import Exchange, Response
from harness.core.run.findings import Finding
from harness.core.verdicts import Verdict
from harness.matrix.kill import Bench
from harness.network.file import read_network
from harness.network.running import start

replace = msgspec.structs.replace
AGAIN = "token-refresh-again"


def live(*flows: str) -> list[Exchange]:
    """The exchanges of flows as a live PGO would have sent them: in its one flow, without our own misuse."""
    _, exchanges = recorded("mm-2.2")
    return [
        replace(item, flow="collect")
        for item in exchanges
        if item.flow in flows and item.operation != AGAIN
    ]  # fmt: skip


def said(exchanges: list[Exchange]) -> dict[str, Verdict]:
    return verdicts(judge(recorded("mm-2.2")[0], exchanges))


def form(old: bytes, new: bytes, operation: str = "token-refresh"):  # type: ignore[no-untyped-def]
    def change(item: Exchange) -> Exchange:
        assert old in item.request.body, item.request.body
        return replace(item, request=replace(item.request, body=item.request.body.replace(old, new)))

    return where(change, operation=operation)


def with_correlation(item: Exchange, value: str) -> Exchange:
    headers = tuple((k, value if k.lower() == "x-correlation-id" else v) for k, v in item.request.headers)
    return replace(item, request=replace(item.request, headers=headers))


def correlation(item: Exchange) -> str:
    return re.search(r"X-Correlation-ID=([0-9a-f-]+)", item.request.url)[1]  # type: ignore[index]


def test_a_live_refresh_is_judged_whatever_it_is_labelled() -> None:
    for operation in ("token-refresh", "token-code"):
        exchanges = [
            replace(item, operation=operation) if item.operation == "token-refresh" else item
            for item in live("refresh")
        ]
        found = said(exchanges)
        assert found["MM-CLI-011"] is found["MM-CLI-018"] is found["MM-CLI-010"] is Verdict.PASS


def test_a_refresh_with_the_correlation_of_the_login_fails() -> None:
    exchanges = live("refresh")
    login = correlation(next(item for item in exchanges if item.operation == "authorize"))
    found = said(
        where(lambda item: with_correlation(item, login), operation="token-refresh")(tuple(exchanges))
    )
    assert found["MM-CLI-011"] in (Verdict.FAIL, Verdict.WARNING)
    assert found["MM-CLI-018"] is Verdict.PASS


def test_a_refresh_with_another_grant_type_fails() -> None:
    found = said(form(b"grant_type=refresh_token", b"grant_type=refresh_code")(tuple(live("refresh"))))
    assert found["MM-CLI-018"] is Verdict.FAIL


def test_an_older_refresh_token_fails_and_that_of_another_login_does_not() -> None:
    exchanges = live("refresh")
    first, second = (item for item in exchanges if item.operation == "token-refresh")
    older = [replace(second, request=first.request) if item is second else item for item in exchanges]
    assert said(older)["MM-CLI-018"] is Verdict.FAIL
    _, everything = recorded("mm-2.2")
    other = [
        replace(item, flow="collect")
        for item in everything
        if item.flow == "neg-refresh-withdrawn" and not item.operation.startswith("token-refresh")
    ]
    mixed = [item for pair in zip_longest(exchanges, other) for item in pair if item is not None]
    assert said(mixed)["MM-CLI-018"] is Verdict.PASS


def test_two_logins_at_once_have_a_thread_each() -> None:
    one, two = live("collect"), live("again")
    mixed = [item for pair in zip_longest(one, two) for item in pair if item is not None]
    assert said(mixed)["MM-CLI-010"] is Verdict.PASS
    stranger = correlation(next(item for item in two if item.operation == "authorize"))
    data = next(item for item in one if item.interface == "resource")
    crossed = [with_correlation(item, stranger) if item is data else item for item in mixed]
    assert said(crossed)["MM-CLI-010"] is Verdict.FAIL


def in_thread(item: Exchange, old: str, new: str) -> Exchange:
    request = replace(item.request, url=item.request.url.replace(old, new))
    return (
        with_correlation(replace(item, request=request), new)
        if item.interface != "authorization"
        else (replace(item, request=request))
    )


def test_logins_with_one_thread_fail() -> None:
    one, two = live("collect"), live("again")
    first, second = (
        correlation(next(item for item in items if item.operation == "authorize")) for items in (one, two)
    )
    kept = [
        in_thread(item, second, first) if item.interface in ("authorization", "token", "resource") else item
        for item in two
    ]
    assert said([*one, *two])["MM-CLI-010"] is Verdict.PASS
    assert said([*one, *kept])["MM-CLI-010"] is Verdict.FAIL


def test_a_page_that_is_loaded_again_is_no_new_request() -> None:
    one, two = live("collect"), live("again")
    begun = next(item for item in one if item.operation == "authorize")
    again = replace(begun, id=f"again-{begun.id}")
    place = one.index(begun) + 1
    loaded = said([*one[:place], again, *one[place:], *two])
    assert loaded["MM-CLI-008"] is loaded["MM-CLI-010"] is Verdict.PASS
    later = said([*one, *two, again])
    assert later["MM-CLI-008"] is later["MM-CLI-010"] is Verdict.FAIL, "what came to its token is over"


def test_what_an_error_repeats_was_not_issued() -> None:
    cell, exchanges = recorded("mm-2.2")
    issued = next(item for item in exchanges if item.flow == "collect" and item.operation == "token-code")
    offered = [fact for fact in issued.facts if fact.place.startswith("request") and fact.kind == "code"]
    assert offered
    echo = tuple(replace(fact, place="response.body.detail") for fact in offered)
    for status in (422, 200):
        refused = replace(
            issued,
            id=f"{issued.id}x",
            response=Response(status=status, headers=(("Content-Type", "application/json"),), body=b"{}"),
            facts=(*offered, *echo),
        )
        assert verdicts(judge(cell, [*exchanges, refused]))["MM-TOK-004"] is Verdict.PASS


def test_a_code_without_any_page_is_a_fault() -> None:
    cell, exchanges = recorded("mm-2.2")
    sent = next(item for item in exchanges if item.flow == "collect" and item.operation == "consent")
    assert sent.response is not None
    others = [
        item
        for item in exchanges
        if item.flow not in ("collect", "again")
        or item.interface not in ("login", "consent", "authorization")
    ]
    asked = next(item for item in exchanges if item.flow == "collect" and item.operation == "authorize")
    at_once = replace(asked, response=sent.response, facts=(*asked.facts, *sent.facts))
    said = verdicts(judge(cell, list(chain([at_once], others))))
    assert said["MM-CON-001"] is Verdict.FAIL


def test_a_request_that_is_refused_anyway_says_nothing_of_a_variant() -> None:
    cell, exchanges = recorded("mm-2.2")
    for flow, requirement in (
        ("var-resource-extra-header", "MM-RSC-005"),
        ("var-resource-plain-accept", "MM-RSC-006"),
    ):
        variant = next(item for item in exchanges if item.flow == flow and item.interface == "resource")
        alone = where(answered(400), flow=flow, interface="resource")(exchanges)
        assert verdicts(judge(cell, alone))[requirement] in (Verdict.FAIL, Verdict.WARNING)
        anyway = where(answered(400), operation=variant.operation, first=False)(tuple(alone))
        assert verdicts(judge(cell, anyway))[requirement] is Verdict.INCONCLUSIVE


def refusal(*faults: str) -> dict[str, list[Finding]]:
    """What is said of a DVZA twin with faults when the person refuses."""
    bench = Bench(read_network("demo"), CATALOGUE, t=T, now=NOW)
    cell = bench.cell(bench.default_standard, "mm-2.2")
    with start(bench.network, t=T, intensity="smoke") as running:
        for item in running.twins.dvzas.values():
            item.set_faults(running.twins.pgos[cell.pgo].host, faults)
        running.drive(cell, "neg-consent-refused")
        return judge(cell, list(running.recorder.exchanges(cell.key)))


def test_a_refused_consent_that_is_ignored_fails() -> None:
    (fault,) = refusal("consent-refusal-ignored")["MM-CON-008"]
    assert (fault.verdict, fault.received) == (Verdict.FAIL, "a token")
    (sound,) = refusal()["MM-CON-008"]
    assert (sound.verdict, sound.received) == (Verdict.PASS, "access_denied")


def test_a_code_beside_the_error_is_a_warning() -> None:
    cell, exchanges = recorded("mm-2.2")
    change = response_header("location", lambda value: f"{value}&code=aaaa")
    beside = where(change, flow="neg-consent-refused", operation="consent")(exchanges)
    assert verdicts(judge(cell, beside))["MM-CON-008"] is Verdict.WARNING
