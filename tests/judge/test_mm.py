"""Judges of the trust framework: a recorded cell passes; one change in the recording breaks the right rule.

One cell is driven once per release family (all flows, real sockets); every test works on that recording in
memory, so that each requirement gets a passing and a failing case within milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from drivenkit import CATALOGUE, NOW, T, drive, replace

from harness.core.run.exchanges import Exchange, Fact, Response
from harness.core.run.findings import Cell, Finding
from harness.core.run.info import ParticipantVersion, Settings
from harness.core.verdicts import Strength, Verdict, worst
from harness.judge.judging import judge_requirements
from harness.judge.view import CellView
from harness.medmij.flows import variants
from harness.medmij.refusals.rows import groups
from harness.medmij.releases import Release, release_ids
from harness.medmij.releases import release as release_of
from harness.medmij.token import TokenRequest
from harness.network.twins.dvza import token as dvza_token
from harness.network.twins.dvza.records import hashed
from harness.network.twins.dvza.state import DvzaState
from harness.network.wire.serving import Incoming, Outgoing

pytestmark = pytest.mark.slow

IDS = sorted(item.id for item in CATALOGUE if item.id.startswith("MM-") and item.decidable)
Change = Callable[[Exchange], Exchange | None]


@cache
def recorded(release: str) -> tuple[Cell, tuple[Exchange, ...]]:
    cell, exchanges = drive(release, ("collect", *variants()))
    # What a busy machine does to times is the subject of test_times only.
    return cell, tuple(replace(item, duration=0.01) if "pair" in item.notes else item for item in exchanges)


@cache
def unchanged(release: str) -> dict[str, Verdict]:
    return verdicts(judge(*recorded(release)))


def judge(
    cell: Cell, exchanges: list[Exchange] | tuple[Exchange, ...], **settings: object
) -> dict[str, list[Finding]]:
    view = CellView(cell, exchanges, CATALOGUE, t=T, now=NOW, settings=Settings(**settings))
    said: dict[str, list[Finding]] = {}
    for item in judge_requirements(view, IDS):
        said.setdefault(item.requirement, []).append(item)
    return said


def verdicts(said: dict[str, list[Finding]]) -> dict[str, Verdict]:
    return {key: worst([item.verdict for item in items]) for key, items in said.items()}


@pytest.mark.parametrize("release", release_ids())
def test_the_reference_twins_pass_everything(release: str) -> None:
    found = verdicts(judge(*recorded(release)))
    assert set(found) == set(IDS)
    bad = {key: value for key, value in found.items() if value not in (Verdict.PASS, Verdict.NOT_APPLICABLE)}
    assert bad == {}
    missing = {key for key in IDS if found[key] is Verdict.NOT_APPLICABLE}
    assert all(release not in CATALOGUE[key].releases for key in missing)


@pytest.mark.parametrize("release", release_ids())
def test_every_request_that_must_be_refused_was_sent_and_filled_in(release: str) -> None:
    notes = [item.notes["refusal"] for item in recorded(release)[1] if "refusal" in item.notes]
    sent = {(note["group"], note["row"]) for note in notes}
    urls = [item.request.url for item in recorded(release)[1] if "refusal" in item.notes]
    assert not [url for url in urls if "{" in url]
    refreshes = release_of(release).refresh
    needed = {
        (group.id, row.row)
        for group in groups().values()
        for row in group.rows
        if release in group.releases
        and release in row.releases
        and "second_provider" not in row.needs
        and row.row != "page"  # of what is sampled nothing has a second page
        and (refreshes or not ({"refresh"} == set(row.on) or row.grant == "swapped"))
    }
    assert needed - sent == set()


# --- one change, one broken requirement ---------------------------------------------------------------


def where(
    change: Change, *, flow: str = "collect", operation: str = "", interface: str = "", first: bool = True
) -> Callable[[tuple[Exchange, ...]], list[Exchange]]:
    """Apply a change to the first (or every) exchange with these labels; ``None`` drops it."""

    def apply(exchanges: tuple[Exchange, ...]) -> list[Exchange]:
        result, done = [], False
        for item in exchanges:
            fits = (
                item.flow == flow
                and (not operation or item.operation == operation)
                and (not interface or item.interface == interface)
            )
            if not fits or (done and first):
                result.append(item)
                continue
            done = True
            changed = change(item)
            if changed is not None:
                result.append(changed)
        assert done, f"no exchange {flow} {operation} {interface}"
        return result

    return apply


def answered(status: int, body: bytes = b"", *headers: tuple[str, str]) -> Change:
    return lambda item: replace(
        item, response=Response(status=status, headers=headers, body=body), error="", notes={}
    )


def in_url(old: str, new: str) -> Change:
    def change(item: Exchange) -> Exchange:
        assert old in item.request.url, item.request.url
        return replace(item, request=replace(item.request, url=item.request.url.replace(old, new)))

    return change


def in_request_body(old: bytes, new: bytes) -> Change:
    def change(item: Exchange) -> Exchange:
        assert old in item.request.body, item.request.body
        return replace(item, request=replace(item.request, body=item.request.body.replace(old, new)))

    return change


def in_body(old: bytes, new: bytes) -> Change:
    def change(item: Exchange) -> Exchange:
        assert item.response is not None
        assert old in item.response.body, item.response.body[:300]
        return replace(item, response=replace(item.response, body=item.response.body.replace(old, new)))

    return change


def response_header(name: str, value: Callable[[str], str | None]) -> Change:
    def change(item: Exchange) -> Exchange:
        assert item.response is not None
        headers = []
        for key, old in item.response.headers:
            new = value(old) if key.lower() == name.lower() else old
            if new is not None:
                headers.append((key, new))
        return replace(item, response=replace(item.response, headers=tuple(headers)))

    return change


def request_header(name: str, value: str | None) -> Change:
    def change(item: Exchange) -> Exchange:
        headers = [(key, old) for key, old in item.request.headers if key.lower() != name.lower()]
        if value is not None:
            headers.append((name, value))
        return replace(item, request=replace(item.request, headers=tuple(headers)))

    return change


def tls(**changes: object) -> Change:
    def change(item: Exchange) -> Exchange:
        assert item.tls is not None
        return replace(item, tls=replace(item.tls, **changes))

    return change


def server_certificate(**changes: object) -> Change:
    def change(item: Exchange) -> Exchange:
        assert item.tls is not None
        assert item.tls.server is not None
        return replace(item, tls=replace(item.tls, server=replace(item.tls.server, sha256="x", **changes)))

    return change


def noted(**notes: object) -> Change:
    return lambda item: replace(item, notes={**item.notes, **notes})


def with_fact(kind: str, place: str) -> Change:
    return lambda item: replace(
        item, facts=(*item.facts, Fact(tag="mask-bsn-bbbbbbbbbbbb", kind=kind, place=place, length=9))
    )


def answered_wrongly(*headers: tuple[str, str]) -> Change:
    """A redirect as the answer to the step that is taken wrongly."""
    return lambda item: replace(item, response=Response(status=302, headers=headers), error="")


def weak_facts(item: Exchange) -> Exchange:
    return replace(item, facts=tuple(replace(fact, entropy_bits=40, length=8) for fact in item.facts))


def slow(seconds: float) -> Change:
    return lambda item: replace(item, duration=seconds)


def add_after(
    make: Callable[[Exchange], Exchange], *, flow: str, operation: str, into: str
) -> Callable[[tuple[Exchange, ...]], list[Exchange]]:
    """Copy an exchange of one flow into another."""

    def apply(exchanges: tuple[Exchange, ...]) -> list[Exchange]:
        source = next(item for item in exchanges if item.flow == flow and item.operation == operation)
        return [*exchanges, replace(make(source), flow=into, id="copied")]

    return apply


def refusal(
    group: str, row: str, change: Change, *, on: str = "", operation: str = ""
) -> Callable[[tuple[Exchange, ...]], list[Exchange]]:
    """Apply a change to the first request of a row that must be refused (or to a page behind it)."""

    def apply(exchanges: tuple[Exchange, ...]) -> list[Exchange]:
        found = next(
            item
            for item in exchanges
            if (note := item.notes.get("refusal"))
            and (note["group"], note["row"]) == (group, row)
            and (not on or note["on"] == on)
            and (not operation or item.operation == operation)
        )
        changed = change(found)
        assert changed is not None
        kept = replace(changed, notes={**found.notes, **changed.notes})
        return [kept if item is found else item for item in exchanges]

    return apply


HTML = (("Content-Type", "text/html"),)
FHIR = ("Content-Type", "application/fhir+json")
BUNDLE = b'{"resourceType":"Bundle","type":"searchset","entry":[{"fullUrl":"https://x/Patient/1","resource":{"resourceType":"Patient","id":"1"}}]}'
OUTSIDE = ("Location", "https://evil.example/redirect?error=invalid_request")
WITH_CODE = ("Location", "https://pgo.zonnewijzer.example/redirect?code=abc&state=x")
WITH_TOKEN = b'{"access_token":"abcdefghijklmnop","token_type":"Bearer","expires_in":900}'
JSON = ("Content-Type", "application/json")
again = {"flow": "again"}


def location(change: Callable[[str], str | None]) -> Change:
    return response_header("location", change)


CASES = {
    "MM-TLS-001": where(answered(200, b"{}"), flow="probe-tls", operation="probe-http"),
    "MM-TLS-002": where(
        lambda item: noted(outcome="accepted")(item) if item.notes.get("offered") == "TLSv1" else item,
        flow="probe-tls",
        first=False,
    ),
    "MM-TLS-003": where(tls(cipher="AES256-SHA"), operation="authorize"),
    "MM-TLS-004": where(server_certificate(dns_names=("*.dva.example",)), operation="authorize"),
    "MM-TLS-005": where(server_certificate(subject="CN=inlog.dva.example"), operation="authorize"),
    "MM-TLS-006": refusal("AS-cert", "none", answered(200, WITH_TOKEN, JSON)),
    "MM-TLS-007": refusal("AS-cert", "off-list", answered(200, WITH_TOKEN, JSON)),
    "MM-AUT-001": where(answered(403), operation="authorize"),
    "MM-AUT-002": refusal("AZ-client", "unknown", answered(302, b"", OUTSIDE)),
    "MM-AUT-003": refusal(
        "AZ-redirect", "http", answered(302, b"", ("Location", "http://pgo.example/redirect?error=x"))
    ),
    "MM-AUT-004": refusal("AZ-request", "type-token", location(lambda old: old.split("&state=")[0])),
    "MM-AUT-005": where(answered(400, b"<p>x</p>", *HTML), flow="var-extra-parameter", operation="consent"),
    "MM-AUT-006": where(answered(400, b"<p>x</p>", *HTML), operation="authorize", **again),
    "MM-AUT-007": refusal(
        "AZ-scope", "suffix", location(lambda old: old.replace("error=invalid_scope", "code=abc"))
    ),
    "MM-AUT-008": refusal(
        "AZ-ids", "absent", location(lambda old: old.replace("error=invalid_request", "code=abc"))
    ),
    "MM-AUT-009": where(
        answered(500, b"<html><body>storing</body></html>", *HTML), flow="var-failure", operation="login"
    ),
    "MM-AUT-010": where(location(lambda old: old.replace("state=", "state=x")), operation="consent"),
    "MM-CON-001": where(in_body(b'data-step="landing"', b'data-step="consent"'), operation="authorize"),
    "MM-CON-002": where(in_body(b"Zonnewijzer", b"Iemand"), operation="login"),
    "MM-CON-003": where(in_body(b'value="yes"', b'value="yes" checked'), operation="login"),
    "MM-CON-004": where(
        location(lambda old: old + "&error_description=geen"), flow="neg-no-data", operation="login"
    ),
    "MM-CON-005": where(
        location(lambda old: old + "&error_description=geen"), flow="neg-no-data", operation="login"
    ),
    "MM-CON-006": where(
        location(lambda old: old.replace("error=access_denied", "code=abc")),
        flow="neg-age-15",
        operation="login",
    ),
    "MM-CON-008": where(
        response_header("location", lambda value: value.replace("error=access_denied", "code=aaaa")),
        flow="neg-consent-refused",
        operation="consent",
    ),
    "MM-CON-007": where(
        answered(200, b"<html><body>tot ziens</body></html>", *HTML),
        flow="neg-cancelled",
        operation="landing",
    ),
    "MM-TOK-001": where(answered(200, WITH_TOKEN, JSON), flow="neg-code-twice", operation="token-code-again"),
    "MM-TOK-002": where(answered(200, BUNDLE, FHIR), flow="neg-code-twice", interface="resource"),
    "MM-TOK-003": where(answered(200, WITH_TOKEN, JSON), flow="neg-code-expired", interface="token"),
    "MM-TOK-004": lambda exchanges: [
        replace(
            item,
            facts=tuple(
                replace(fact, tag="mask-token-bbbbbbbbbbbc") if fact.place.startswith("response") else fact
                for fact in item.facts
            ),
        )
        if item.flow == "var-samples" and item.interface == "token"
        else item
        for item in exchanges
    ],
    "MM-TOK-005": where(weak_facts, flow="var-samples", interface="token"),
    "MM-TOK-006": refusal("AS-redirect", "other-path", answered(200, WITH_TOKEN, JSON)),
    "MM-TOK-007": refusal("AS-client", "other", answered(200, WITH_TOKEN, JSON)),
    "MM-TOK-008": refusal("AS-client", "missing", answered(200, WITH_TOKEN, JSON)),
    "MM-TOK-009": where(in_body(b'"Bearer"', b'"mac"'), interface="token"),
    "MM-TOK-010": where(in_body(b"900", b"3600"), interface="token"),
    "MM-TOK-011": lambda exchanges: [
        slow(11)(item) if item.interface == "token" else item for item in exchanges
    ],
    "MM-TOK-012": where(in_body(b'"scope": "', b'"scope": "49 '), flow="neg-ocl-service", interface="token"),
    "MM-TOK-013": where(answered(200, WITH_TOKEN, JSON), flow="refresh", operation="token-refresh"),
    "MM-TOK-014": where(answered(200, WITH_TOKEN, JSON), flow="refresh", operation="token-refresh-again"),
    "MM-TOK-015": where(
        answered(200, WITH_TOKEN, JSON), flow="neg-refresh-withdrawn", operation="token-refresh"
    ),
    "MM-TOK-016": where(response_header("cache-control", lambda _: None), interface="token"),
    "MM-RSC-001": refusal("RS-place", "query", answered(200, BUNDLE, FHIR)),
    "MM-RSC-002": refusal("RS-token", "garbage", answered(200, BUNDLE, FHIR)),
    "MM-RSC-003": refusal("RS-foreign-read", "id", answered(200, BUNDLE, FHIR)),
    "MM-RSC-004": lambda exchanges: [
        slow(61)(item) if item.interface == "resource" else item for item in exchanges
    ],
    "MM-RSC-005": where(answered(400), flow="var-resource-extra-header", interface="resource"),
    "MM-RSC-006": where(answered(200, BUNDLE, FHIR), flow="neg-resource-version", interface="resource"),
    "MM-RSC-007": refusal("RS-aged", "expired", answered(200, BUNDLE, FHIR)),
    "MM-RSC-008": where(with_fact("bsn", "response.headers.x-patient"), interface="token"),
    "MM-CLI-001": lambda exchanges: [item for item in exchanges if item.operation != "list-gnl"],
    "MM-CLI-002": where(noted(list={"outcome": "replaced"}), flow="neg-list-namespace", operation="list-zal"),
    "MM-CLI-003": lambda exchanges: [
        noted(list={"outcome": "replaced"})(item) if item.flow == "neg-list-stale" else item
        for item in exchanges
    ],
    "MM-CLI-004": where(in_url("/token", "/andere-token"), interface="token"),
    "MM-CLI-005": where(in_url("response_type=code", "response_type=token"), operation="authorize", **again),
    "MM-CLI-006": where(in_url("%2Fredirect", "%3A8443%2Fredirect"), operation="authorize", **again),
    "MM-CLI-007": where(in_url("&state=", "%40medmij&state="), operation="authorize", **again),
    "MM-CLI-008": lambda exchanges: [
        replace(item, request=replace(item.request, url=item.request.url.split("&state=")[0] + "&state=vast"))
        if item.flow == "var-samples" and item.operation == "authorize"
        else item
        for item in exchanges
    ],
    "MM-CLI-009": add_after(
        lambda item: item, flow="collect", operation="token-code", into="neg-state-altered"
    ),
    "MM-CLI-010": where(request_header("MedMij-Request-ID", "1"), interface="token"),
    "MM-CLI-011": where(request_header("X-Correlation-ID", None), flow="refresh", operation="token-refresh"),
    "MM-CLI-012": add_after(
        lambda item: item, flow="neg-token-500", operation="token-code", into="neg-token-500"
    ),
    "MM-CLI-013": where(request_header("Content-Type", "application/json"), interface="token"),
    "MM-CLI-014": where(request_header("Authorization", "Basic eDp5"), interface="token"),
    "MM-CLI-015": add_after(
        lambda item: item, flow="collect", operation="token-code", into="neg-error-denied"
    ),
    "MM-CLI-017": add_after(
        lambda item: item, flow="collect", operation="hg-patient-json", into="var-narrow-scope"
    ),
    "MM-CLI-018": where(
        in_request_body(b"refresh_token&", b"refresh_code&"), flow="refresh", operation="token-refresh"
    ),
    "MM-CLI-019": where(in_url("Patient?", "Patient?access_token=x&"), operation="hg-patient-json"),
    "MM-CLI-020": where(with_fact("bsn", "request.query.identifier"), operation="hg-patient-json"),
    "MM-CLI-021": where(answered(200, WITH_TOKEN, JSON), flow="neg-cert-expired", interface="token"),
    "MM-CLI-022": where(answered(200, WITH_TOKEN, JSON), flow="neg-cert-wildcard", interface="token"),
    "MM-CLI-023": where(
        lambda item: replace(item, response=None, error="timeout: gave up", duration=5.0),
        flow="var-slow-token",
        interface="token",
    ),
    "MM-CLI-024": where(in_url("/Patient?", "//Patient?"), operation="hg-patient-json"),
    "MM-CLI-025": where(in_url("https://", "https://elders."), operation="hg-patient-json"),
    "MM-CLI-026": where(request_header("Accept", "application/fhir+json"), operation="hg-patient-json"),
    "MM-LST-001": where(in_body(b"<Volgnummer>", b"<Volgnr/><Volgnummer>"), operation="list-gnl"),
    "MM-LST-002": where(response_header("content-type", lambda _: "text/plain"), operation="list-gnl"),
    "MM-LST-003": where(tls(client=None), operation="list-zal"),
    "MM-LST-004": where(in_body(b"Huisarts", b"Huisdokter"), operation="list-gnl", flow="again"),
    "MM-LST-005": where(in_body(b" xmlns=", b" xmlns:a='urn:x' xmlns="), operation="list-gnl"),
    "MM-LST-006": where(in_body(b"<Hostname>mtls", b"<Hostname>weg"), operation="list-whl", **again),
    "MM-LST-008": refusal("RS-list", "removed", answered(200, BUNDLE, FHIR)),
    "MM-AUT-011": refusal("AZ-method", "put", answered(302, b"", WITH_CODE)),
    "MM-AUT-012": refusal(
        "AZ-request", "state-missing", location(lambda old: old.replace("error=invalid_request", "code=abc"))
    ),
    "MM-AUT-013": refusal(
        "AZ-state", "exact", location(lambda old: old.replace("state=", "state=x")), operation="consent"
    ),
    "MM-AUT-014": refusal("AZ-client", "markup", in_body(b"</main>", b"<b id=medmij-markup></main>")),
    "MM-CON-011": refusal("AZ-step", "unchosen", answered_wrongly(WITH_CODE), operation="consent"),
    "MM-CON-012": refusal("AZ-browser", "get", answered_wrongly(WITH_CODE), operation="consent"),
    "MM-RSC-015": where(
        response_header("cache-control", lambda _: "public, max-age=60"), operation="hg-patient-json"
    ),
    "MM-CON-010": where(
        location(lambda old: old.replace("error=access_denied", "code=abc")),
        flow="neg-no-relation",
        operation="login",
    ),
    "MM-TOK-017": lambda exchanges: [
        noted(samples={"code": {"count": 30, "duplicates": 0, "growing": True, "bits": 120, "unsigned": 0}})(
            item
        )
        if item.notes.get("samples")
        else item
        for item in exchanges
    ],
    "MM-CON-013": lambda exchanges: [
        replace(item, duration=0.4 + number / 1000)
        if item.notes.get("pair", {}).get("person") == "default" and item.operation == "login"
        else item
        for number, item in enumerate(exchanges)
    ],
    "MM-TOK-018": refusal("AS-client", "other", answered(200, WITH_TOKEN, JSON), on="refresh"),
    "MM-TOK-019": where(in_body(b'"Bearer"', b'"Bearer", "refresh_token": "abcdefgh"'), interface="token"),
    "MM-TOK-020": where(in_body(b'"scope": "', b'"scope": "63 '), interface="token"),
    "MM-TOK-021": where(with_fact("code", "response.header.set-cookie"), operation="consent"),
    "MM-TOK-022": refusal("AS-form", "get", answered(200, WITH_TOKEN, JSON)),
    "MM-TOK-023": refusal("AS-form", "password", answered(403)),
    "MM-RSC-009": refusal("RS-token", "other-pgo", answered(200, BUNDLE, FHIR)),
    "MM-RSC-010": refusal("RS-function", "other-function", answered(200, BUNDLE, FHIR)),
    "MM-RSC-011": refusal("RS-token", "garbage", answered(403)),
    "MM-RSC-012": refusal("RS-write", "post", answered(201)),
    "MM-RSC-013": refusal("RS-route", "head", answered(200)),
    "MM-RSC-014": refusal("RS-token", "withdrawn", answered(200, BUNDLE, FHIR)),
}
ALONG = {
    "MM-TOK-001": {"MM-TOK-004", "MM-TOK-005"},
    "MM-CON-006": {"MM-CON-005"},
    "MM-CON-008": {"MM-CON-005"},
    "MM-CLI-025": {"MM-CLI-004", "MM-TLS-006"},
    "MM-CLI-006": {"MM-CLI-013"},
    "MM-CLI-009": {"MM-TOK-004"},
    "MM-CLI-015": {"MM-TOK-004"},
    "MM-LST-006": {"MM-LST-004"},
    "MM-TOK-013": {"MM-CLI-018"},
    "MM-TOK-021": {"MM-TOK-005"},
}
"""What a crude change of the recording takes along where a real fault would not."""


def test_every_requirement_has_a_failing_case() -> None:
    assert set(CASES) == set(IDS)


@pytest.mark.parametrize("requirement", IDS)
def test_one_change_breaks_the_right_requirement(requirement: str) -> None:
    release = "mm-1.5" if "mm-2.2" not in CATALOGUE[requirement].releases else "mm-2.2"
    cell, exchanges = recorded(release)
    before = unchanged(release)
    said = judge(cell, CASES[requirement](exchanges))
    after = verdicts(said)
    wanted = Verdict.FAIL if CATALOGUE[requirement].strength is Strength.MUST else Verdict.WARNING
    assert after[requirement] is wanted, said[requirement]
    changed = {key for key in after if after[key] is not before[key]} - {requirement}
    assert changed <= ALONG.get(requirement, set()), {key: said[key] for key in changed}
    broken = next(item for item in said[requirement] if item.verdict is wanted)
    assert broken.next_step.nl
    assert broken.next_step.en
    assert broken.party
    assert broken.expected or broken.received


# --- gaps are never passes ----------------------------------------------------------------------------


def test_without_recording_nothing_passes() -> None:
    cell, _ = recorded("mm-2.2")
    assert set(verdicts(judge(cell, ())).values()) == {
        Verdict.INCONCLUSIVE,
        Verdict.NOT_TESTED,
        Verdict.NOT_APPLICABLE,
    }


@pytest.mark.parametrize("flow", sorted(variants()))
def test_a_flow_that_was_not_driven_gives_no_pass(flow: str) -> None:
    cell, exchanges = recorded("mm-2.2")
    said = judge(cell, [item for item in exchanges if item.flow != flow])
    for requirement in variants()[flow].requirements:
        if (
            requirement in said
            and flow not in ("again", "var-samples")
            and "mm-2.2" in CATALOGUE[requirement].releases
        ):
            got = worst([item.verdict for item in said[requirement]])
            assert got in (Verdict.INCONCLUSIVE, Verdict.NOT_TESTED), said[requirement]


def test_probes_that_could_not_be_sent_decide_nothing() -> None:
    cell, exchanges = recorded("mm-2.2")
    change = where(
        lambda item: noted(outcome="not-sent")(item) if item.notes.get("offered") == "rc4" else item,
        flow="probe-tls",
        first=False,
    )
    assert verdicts(judge(cell, change(exchanges)))["MM-TLS-003"] is Verdict.INCONCLUSIVE


def test_with_supplied_tokens_login_is_not_tested() -> None:
    cell, exchanges = recorded("mm-2.2")
    left = [item for item in exchanges if item.interface in ("list", "resource") and item.flow == "collect"]
    found = verdicts(judge(cell, left, logins={cell.dvza: "tokens"}))
    assert found["MM-AUT-010"] is Verdict.NOT_TESTED
    assert found["MM-CLI-024"] is Verdict.PASS


def test_our_own_mock_is_not_asked_to_prove_what_a_live_party_cannot_provoke() -> None:
    cell, exchanges = recorded("mm-2.2")
    kinds = {"his": "twin", "dvza": "live", "pgo": "twin"}
    participants = {
        role: ParticipantVersion(id=getattr(cell, role), role=role, kind=kind) for role, kind in kinds.items()
    }
    left = [item for item in exchanges if not item.flow.startswith(("neg-", "refused-"))]
    view = CellView(cell, left, CATALOGUE, t=T, now=NOW, participants=participants)
    found = {item.requirement: item.verdict for item in judge_requirements(view, IDS)}
    assert found["MM-CLI-009"] is Verdict.NOT_TESTED
    assert found["MM-AUT-002"] is Verdict.NOT_TESTED
    assert found["MM-TLS-007"] is Verdict.NOT_TESTED
    reasons = {item.requirement: item.next_step.en for item in judge_requirements(view, IDS)}
    assert "our own mock plays this role" in reasons["MM-CLI-009"]
    assert "only our stelselnode publishes" in reasons["MM-TOK-012"]  # a live DVZA reads other lists


def test_an_availability_check_that_comes_late_must_be_declared() -> None:
    cell, exchanges = recorded("mm-1.5")
    refused = [item for item in exchanges if item.flow == "collect" and item.interface != "list"]
    late = [replace(item, id=f"late-{item.id}", flow="neg-no-data") for item in refused]
    left = [item for item in exchanges if item.flow != "neg-no-data"] + late
    assert verdicts(judge(cell, left))["MM-CON-004"] is Verdict.NOT_TESTED
    declared = judge(cell, left, capabilities={cell.dvza: ("late-availability",)})
    assert verdicts(declared)["MM-CON-004"] is Verdict.NOT_APPLICABLE


def test_one_late_answer_never_fails() -> None:
    cell, exchanges = recorded("mm-2.2")
    found = verdicts(judge(cell, where(slow(12), interface="token")(exchanges)))
    assert found["MM-TOK-011"] is Verdict.INCONCLUSIVE


def _with_header(name: str) -> Change:
    def change(item: Exchange) -> Exchange:
        assert item.response is not None
        return replace(item, response=replace(item.response, headers=(*item.response.headers, (name, "1"))))

    return change


MORE = {
    "no relation ends in another error": (
        "MM-CON-005",
        where(
            location(lambda old: old.replace("access_denied", "unauthorized_client")),
            flow="neg-no-relation",
            operation="login",
        ),
    ),
    "too young ends with a description": (
        "MM-CON-005",
        where(
            location(lambda old: f"{old}&error_description=leeftijd"), flow="neg-age-15", operation="login"
        ),
    ),
    "no data has another order": (
        "MM-CON-005",
        where(
            location(lambda old: old.replace("error=access_denied&", "") + "&error=access_denied"),
            flow="neg-no-data",
            operation="login",
        ),
    ),
    "a refreshed scope has grown": (
        "MM-TOK-020",
        where(in_body(b'"scope": "', b'"scope": "63 '), flow="refresh", operation="token-refresh"),
    ),
    "a parameter that nobody knows is answered": (
        "MM-AUT-005",
        where(_with_header("X-Debug"), flow="var-extra-parameter", operation="authorize"),
    ),
}


@pytest.mark.parametrize("name", MORE)
def test_another_change_breaks_the_requirement_too(name: str) -> None:
    requirement, change = MORE[name]
    cell, exchanges = recorded("mm-2.2")
    assert unchanged("mm-2.2")[requirement] is Verdict.PASS
    found = verdicts(judge(cell, change(exchanges)))
    must = CATALOGUE[requirement].strength is Strength.MUST and requirement != "MM-AUT-005"
    assert found[requirement] is (Verdict.FAIL if must else Verdict.WARNING)


def test_a_code_that_a_wrong_offer_leaves_usable_is_a_remark() -> None:
    cell, exchanges = recorded("mm-2.2")
    measured = [item.id for item in exchanges if "measure" in item.notes]
    changed = [
        answered(200, WITH_TOKEN, JSON)(item) if item.id == measured[1] else item for item in exchanges
    ]
    changed = [replace(new, notes=old.notes) for new, old in zip(changed, exchanges, strict=True)]
    assert verdicts(judge(cell, changed))["MM-TOK-001"] is Verdict.WARNING


def test_a_redirect_within_the_server_is_not_the_end() -> None:
    """The landing page behind a redirect of its own, whose request has no ``redirect_uri``."""
    cell, exchanges = recorded("mm-2.2")
    shown = next(item for item in exchanges if item.flow == "collect" and item.operation == "authorize")
    moved = answered(302, b"", ("Location", "landing?transaction=x"))(shown)
    url = shown.request.url.partition("authorize")[0] + "landing?transaction=x"
    landing = replace(shown, id=f"{shown.id}b", request=replace(shown.request, url=url))
    changed = [one for item in exchanges for one in ((moved, landing) if item is shown else (item,))]
    found = verdicts(judge(cell, changed))
    assert found["MM-AUT-010"] is Verdict.PASS
    assert found["MM-CON-001"] is Verdict.PASS


def test_a_code_that_any_offer_burns_leaves_nothing_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    exchange = dvza_token._exchange

    def burning(dvza: DvzaState, wanted: TokenRequest, rel: Release, request: Incoming) -> Outgoing:
        answer = exchange(dvza, wanted, rel, request)
        grant = dvza.codes.get(hashed(wanted.code)) if wanted.code else None
        if grant is not None:
            grant.used = True
        return answer

    monkeypatch.setattr(dvza_token, "_exchange", burning)
    cell, exchanges = drive("mm-2.2", ("collect", "refused-token"))
    found = verdicts(judge(cell, exchanges))
    assert {found[f"MM-TOK-{number:03d}"] for number in (6, 7, 8, 22, 23)} == {Verdict.PASS}
