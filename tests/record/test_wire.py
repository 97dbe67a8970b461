"""Around care data: what is known to name nobody stays, all else becomes a tag, equal where it is equal."""

from __future__ import annotations

import ast
import re
import zlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from rawkit import PERSONS, raw

from harness import network
from harness.core.http.bounds import MAX_BODY, larger
from harness.core.run.exchanges import MASK, Certificate, Exchange, Tls, header
from harness.network.file import Network, Participant
from harness.network.person.looking import looking, protocol_words
from harness.network.wire.client import decoded
from harness.record import Redactor
from harness.record.redact.wire.vocabulary import HTTP_WORDS

LIVE = Network(
    participants=(
        Participant(id="his-a", role="his", kind="live", dvza="dvza-a", display="Praktijk Grutterink"),
        Participant(id="dvza-a", role="dvza", kind="live", resource={"48": "https://mtls.dva.example/fhir"}),
        Participant(id="pgo-1", role="pgo", kind="twin", host="pgo.example"),
    )
)
OURS = Network(
    participants=tuple(
        Participant(id=item.id, role=item.role, kind="twin", dvza=item.dvza) for item in LIVE.participants
    )
)
TAG = re.compile(MASK)
PAGE = "text/html; charset=utf-8"


def redactor(network: Network = LIVE, *, observed: bool = False) -> Redactor:
    """One recording unit of a run in this network."""
    return Redactor(b"k" * 32, PERSONS, looking=looking((), network, observed=observed))


LOOKS = {
    network: {seen: looking((), chosen, observed=seen) for seen in (False, True)}
    for network, chosen in (("live", LIVE), ("ours", OURS))
}


def heard(network: str = "live", **changes: object) -> Exchange:
    """An exchange as it is recorded."""
    made = Redactor(b"k" * 32, PERSONS, looking=LOOKS[network][False])
    return made.exchange(raw(status=200, **changes), "x.1")


def shown(name: str, value: str, **changes: object) -> str:
    """A header of a live party as it is recorded."""
    made = heard(response_headers=((name, value),), **{"interface": "authorization", **changes})
    assert made.response is not None
    return made.response.headers[0][1]


STAYS = (
    ("Content-Type", "application/fhir+json; fhirVersion=3.0; charset=utf-8"),
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    ("Strict-Transport-Security", "max-age=31536000; includeSubDomains; preload"),
    ("Cache-Control", "no-store, max-age=0"),
    ("Date", "Sun, 01 Mar 2026 10:15:30 GMT"),
    ("ETag", 'W/"12"'),
    ("X-Request-Id", "5f0c1de2-4c55-4d0b-9c3b-5d1f5a7e3b21"),
    ("MedMij-Request-ID", "5f0c1de2-4c55-4d0b-9c3b-5d1f5a7e3b21"),
    ("WWW-Authenticate", 'Bearer realm="fhir", error="invalid_token", scope="patient"'),
    ("Content-Length", "12345"),
    ("Location", "https://pgo.example/redirect?error=access_denied&error_description=geen%20toestemming"),
    ("Location", "https://mtls.dva.example/fhir/Patient"),
    ("Link", '<https://mtls.dva.example/fhir/metadata>; rel="next"'),
    ("Set-Cookie", "theme=; Path=/; Max-Age=900; Secure; HttpOnly; SameSite=Lax"),
    ("Access-Control-Allow-Origin", "*"),
)


@pytest.mark.parametrize(("name", "value"), STAYS)
def test_what_names_nobody_stays(name: str, value: str) -> None:
    assert shown(name, value) == value


GOES = (
    ("X-Arts", "Grutterman", "mask"),
    ("WWW-Authenticate", 'Bearer realm="huisarts Grutterman"', 'Bearer realm="huisarts mask"'),
    ("Location", "https://pgo.example/redirect?error=access_denied&wie=Grutterman#Grutterman", "https://pgo.example/redirect?error=access_denied&wie=mask#mask"),
    ("Location", "https://grutterman.example/start", "https://mask.invalid/start"),
    ("Location", "https://pgo.example/dossier/Grutterman/open?1964-05-17=1", "https://pgo.example/dossier/mask/open?mask=1"),
    ("Location", "https://pgo.example/redirect?uri=https%3A%2F%2Fpgo.example%2FGrutterman", "https://pgo.example/redirect?uri=https%3A%2F%2Fpgo.example%2Fmask"),
    ("Link", '<https://mtls.dva.example/fhir>; title="van Grutterman"', '<https://mtls.dva.example/fhir>; title="van mask"'),
    ("Set-Cookie", "Grutterman=; Path=/Grutterman; Domain=.grutterman.nl; Eigen=1234AB", "mask=; Path=/mask; Domain=.mask.invalid; Eigen=mask"),
    ("ETag", '"1964-05-17"', '"mask"'),
    ("Refresh", "5; url=/dossier/Grutterman", "5; url=/dossier/mask"),
    ("Date", "17 mei 1964", "17 mask mask"),
    ("X-Tel", "06 12 34 56 78", "mask mask mask mask mask"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "value", "expected"), GOES)
def test_what_is_not_known_becomes_a_tag(name: str, value: str, expected: str) -> None:
    assert TAG.sub("mask", shown(name, value)) == expected


def test_the_name_of_a_header_may_be_somebodys_too() -> None:
    made = heard(response_headers=(("X-Grutterman", "1"), ("X-Request-Id", "12")))
    assert made.response is not None
    assert [bool(TAG.fullmatch(name)) for name, _ in made.response.headers] == [True, False]
    assert "rutterman" not in repr(made)


def test_one_value_is_one_tag_wherever_and_however_it_is_written() -> None:
    page = "<form action='/stap?wie=Grutter%6Dan'><input name='wie' value='Grutterman'></form>"
    redacting = redactor()
    first = redacting.exchange(
        raw(
            status=302,
            interface="login",
            response_headers=(("Location", "/dossier/%47rutterman"), ("Content-Type", PAGE)),
            response_body=page.encode(),
        ),
        "x.1",
    )
    then = redacting.exchange(
        raw(
            method="POST",
            interface="login",
            url="https://mtls.dva.example/stap?wie=Grutterman",
            request_headers=(("Content-Type", "application/x-www-form-urlencoded"),),
            request_body=b"wie=Grutterman",
        ),
        "x.2",
    )
    assert len(set(TAG.findall(repr((first.request, first.response, then.request))))) == 1
    assert "utterman" not in repr((first, then))


def test_what_we_asked_ourselves_is_no_news() -> None:
    """Also where the other side repeats it."""
    made = heard(
        interface="authorization",
        url="https://mtls.dva.example/authorize?vreemd=Zonnebloemveld",
        response_headers=(("Location", "https://pgo.example/redirect?error=x&vreemd=Zonnebloemveld"),),
    )
    assert made.request.url.endswith("vreemd=Zonnebloemveld")
    assert made.response is not None
    assert str(header(made.response.headers, "location")).endswith("vreemd=Zonnebloemveld")


def test_in_a_run_of_our_own_software_everything_is_known() -> None:
    page = b"<html><!-- Grutterman --><body title='Grutterman'>Grutterman</body></html>"
    given = (("X-Grutterman", "Grutterman"), ("Location", "https://grutterman.nl/"), ("Content-Type", PAGE))
    made = heard("ours", interface="login", response_headers=given, response_body=page)
    assert made.response is not None
    assert (made.response.headers, made.response.body) == (given, page)


def test_who_asks_when_others_are_observed_is_not_our_own() -> None:
    made = Redactor(b"k" * 32, PERSONS, looking=LOOKS["ours"][True])
    seen = made.exchange(raw(client="pgo-1", url="https://pgo.example/fhir/Patient?naam=Grutterman"), "x.1")
    assert TAG.sub("mask", seen.request.url).endswith("/fhir/Patient?naam=mask")


def test_ids_and_addresses_of_a_document_that_is_kept_stay() -> None:
    next_page = "https://mtls.dva.example/fhir?bladzijde=vervolgblad"
    body = (
        '{"resourceType":"Bundle","link":[{"relation":"next","url":"%s"}],"entry":[{"resource":'
        '{"resourceType":"Patient","id":"patientendossier-a","birthDate":"1970-01-02","name":[{"family":"Voorbeeld"}]}}]}'
    )
    redacting = redactor()
    asked = ("https://mtls.dva.example/fhir/Patient/patientendossier-a", next_page)

    def live(url: str) -> Exchange:
        return redacting.exchange(raw(person="anna", client="elders", url=url), "x.2")

    before = [live(url).request.url for url in asked]
    redacting.exchange(
        raw(
            person="anna",
            status=200,
            response_headers=(("Content-Type", "application/fhir+json"),),
            response_body=(body % next_page).encode(),
        ),
        "x.1",
    )
    assert all(map(TAG.search, before))
    other = Redactor(b"k" * 32, PERSONS, looking=LOOKS["live"][False])
    other.exchange(
        raw(
            person="anna",
            status=200,
            response_headers=(("Content-Type", "application/fhir+json"),),
            response_body=(body % next_page).encode(),
        ),
        "x.1",
    )
    after = [other.exchange(raw(person="anna", client="elders", url=url), "x.2").request.url for url in asked]
    assert after == list(asked)


def test_a_page_keeps_its_structure_and_known_words() -> None:
    page = (
        "<!doctype html><html lang='nl'><head><title>Inloggen Grutterman</title><style>.grutterman{}</style></head><body data-step=\"login\">"
        "<p class='note'>Geeft u <strong>Praktijk Grutterink</strong> toestemming, <b>Grutterman</b>?</p>"
        "<form method='post' action='/login'><input type='checkbox' name='long_term' value='yes' checked>"
        "<img alt='foto van Grutterman'></form><!-- Grutterman --></body></html>"
    )
    made = heard(interface="consent", response_headers=(("Content-Type", PAGE),), response_body=page.encode())
    assert made.response is not None
    assert TAG.sub("mask", made.response.body.decode()) == (
        "<!doctype html><html lang='nl'><head><title>Inloggen mask</title><style>mask</style></head><body data-step=\"login\">"
        "<p class='note'>Geeft u <strong>Praktijk Grutterink</strong> toestemming, <b>mask</b>?</p>"
        "<form method='post' action='/login'><input type='checkbox' name='long_term' value='yes' checked>"
        "<img alt='mask van mask'></form><!-- mask --></body></html>"
    )


BODIES = (
    ("application/json", '{"error": "invalid_grant", "error_description": "bij Grutterman", "expires_in": 900}',
     '{"error": "invalid_grant", "error_description": "mask", "expires_in": 900}'),
    ("application/problem+json", '{"status": 400, "Grutterman": ["Grutterman"], "title": "Bad request"',
     '{"status": 400, "mask": ["mask"], "title": "Bad request"'),
    ("application/x-www-form-urlencoded", "error=access_denied&Grutterman=1&wie=Grutterman",
     "error=access_denied&mask=1&wie=mask"),
    ("text/plain", "Geen toestemming van Grutterman", "Geen toestemming van mask"),
    ("application/xml", "<fout><code>invalid_request</code><wie>Grutterman</wie></fout>",
     "<fout><code>invalid_request</code><wie>mask</wie></fout>"),
    ("application/octet-stream", "a\0Grutterman", "mask"),
)  # fmt: skip


@pytest.mark.parametrize(("media", "given", "expected"), BODIES)
def test_bodies_that_are_no_care_data(media: str, given: str, expected: str) -> None:
    made = heard(interface="token", response_headers=(("Content-Type", media),), response_body=given.encode())
    assert made.response is not None
    assert TAG.sub("mask", made.response.body.decode()) == expected


def test_what_is_published_and_what_our_client_says_of_a_failure() -> None:
    lists = b"<Lijst><Naam>Grutterman</Naam></Lijst>"
    made = heard(
        interface="list", response_headers=(("Content-Type", "application/xml"),), response_body=lists
    )
    assert made.response is not None
    assert made.response.body == lists
    failed = heard(error="protocol: illegal header line: Grutterman")
    assert TAG.sub("mask", failed.error) == "protocol: illegal header line: mask"


@pytest.mark.parametrize("limit", [MAX_BODY, 999_990_019], ids=["a limit", "one that passes the eleven-test"])
def test_our_own_number_in_our_own_sentence_stays(limit: int) -> None:
    """What a server made of it does not, and neither does its own number."""
    with pytest.raises(ValueError, match="larger than") as caught:
        decoded(zlib.compress(bytes(99_999)), (("Content-Encoding", "deflate"),), 10_007)
    for said in (f"protocol: {larger(limit)}", f"protocol: content coding: {caught.value}"):
        assert heard(error=said).error == said
    for said in (f"protocol: illegal header line: {larger(limit)}", f"protocol: {larger(limit)} Grutterman"):
        told = heard(error=said).error
        assert str(limit) not in told and "Grutterman" not in told


def test_certificates_keep_hosts_of_the_network_file() -> None:
    seen = Certificate(
        subject="CN=pgo.example,O=Huisarts Grutterman,C=NL", dns_names=("pgo.example", "*.grutterman.nl")
    )
    tls = heard(tls=Tls(version="TLSv1.3", server_name="mtls.dva.example", server=seen)).tls
    assert tls is not None
    assert tls.server is not None
    assert tls.server_name == "mtls.dva.example"
    assert TAG.sub("mask", tls.server.subject) == "CN=pgo.example,O=mask,C=NL"
    assert [TAG.sub("mask", name) for name in tls.server.dns_names] == ["pgo.example", "*.mask.invalid"]


def test_a_name_of_a_parameter_is_not_told_by_a_fact() -> None:
    made = heard(interface="login", url=f"https://mtls.dva.example/x?999990019=1&naam={date(1964, 5, 17)}")
    assert "999990019" not in repr(made.facts)


SAYING = {"outcome", "_outcome", "Answer", "RequestError", "TooMuch"}
"""What our own software says when something goes wrong is an argument of these."""


def own_errors() -> Iterator[str]:
    """The error texts of our DVZA and our client, as far as they stand in their source."""
    for path in Path(network.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in SAYING:
                for part in ast.walk(node):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and " " in part.value:
                        yield part.value


def test_every_word_of_our_own_errors_is_known() -> None:
    """Else an error of our DVZA would be masked where it is about a HIS."""
    said = list(own_errors())
    assert any("behind this DVZA" in text for text in said)
    words = {word.casefold() for text in said for word in re.findall(r"[^\W\d_]{2,}", text)}
    assert words - protocol_words() - HTTP_WORDS == set()


def test_an_error_of_our_dvza_is_kept_and_a_name_in_one_is_not() -> None:
    text = "the HIS behind this DVZA answers with status 999"
    body = '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"transient","diagnostics":"%s"}]}'
    for said, kept in ((text, True), (text.replace("this DVZA", "Grutterink"), False)):
        sent = (body % said).encode()
        made = heard(
            interface="resource",
            person="anna",
            response_headers=(("Content-Type", "application/fhir+json"),),
            response_body=sent,
        )
        assert made.response is not None and (made.response.body == sent) is kept
        assert kept or b"Grutterink" not in made.response.body
