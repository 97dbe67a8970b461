"""What live PGOs ask of our mocks: whatever they put into a request is not written down, however they write it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from rawkit import raw

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import plants as bench
import plants_made as made

from harness.core.clock import SystemClock
from harness.core.run.exchanges import MASK, Certificate
from harness.network.connections import UNKNOWN, Connections
from harness.network.file import read_network
from harness.network.person.looking import looking
from harness.network.wire.handshake import Handshake
from harness.record import Recorder

NETWORK = read_network("demo")
LOOKS = looking((), NETWORK, observed=True)
BACK = "https://mtls.dvza-eik.example/mm22/his-eik/49/fhir"
FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
JSON = (("Content-Type", "application/json"),)
ASKED = {"client": "pgo-zon", "server": "dvza-eik", "interface": "resource", "url": f"{BACK}/Patient"}
Put = Callable[[str], dict[str, Any]]


def _header(name: str, around: str = "@") -> Put:
    return lambda text: {"request_headers": ((name, around.replace("@", text)),)}


def _body(headers: tuple[tuple[str, str], ...], around: str, interface: str = "token") -> Put:
    return lambda text: {
        "method": "POST",
        "interface": interface,
        "request_headers": headers,
        "request_body": around.replace("@", text).encode(),
    }


PLACES: dict[str, Put] = {
    "path": lambda text: {"url": f"{BACK}/Patient/{text}/x"},
    "query": lambda text: {"url": f"{BACK}/Patient?wie={text}"},
    "known parameter": lambda text: {"url": f"{BACK}/Observation?code={text}"},
    "name of a parameter": lambda text: {"url": f"{BACK}/Patient?{text}=1"},
    "fragment": lambda text: {"url": f"{BACK}/Patient#{text}"},
    "redirect address": lambda text: {
        "interface": "authorization",
        "url": f"https://inlog.dvza-eik.example/mm22/authorize?redirect_uri=https://pgo.zonnewijzer.example/r?w={text}",
    },
    "own header": _header("X-Patient"),
    "agent": _header("User-Agent", "zonnewijzer/1.0 (@)"),
    "referer": _header("Referer", "https://pgo.zonnewijzer.example/dossier/@?x=1"),
    "forwarded": _header("X-Forwarded-For", "10.0.0.7, @"),
    "cookie": _header("Cookie", "route=a; wie=@"),
    "name of a cookie": _header("Cookie", "@=1"),
    "file name": _header("Content-Disposition", 'attachment; filename="@.pdf"'),
    "form": _body(FORM, "grant_type=authorization_code&wie=@"),
    "name in a form": _body(FORM, "grant_type=authorization_code&@=1"),
    "form of a login page": _body(FORM, "transaction=1&person=@", "login"),
    "JSON": _body(JSON, '{"grant_type":"authorization_code","wie":"@"}'),
    "name in JSON": _body(JSON, '{"@":1}'),
    "text": _body((("Content-Type", "text/plain"),), "van @ is"),
    "no label": _body((), "van @ is"),
    "page": _body((("Content-Type", "text/html"),), "<p title='@'>van @</p><!-- @ -->"),
}
VALUES: dict[str, Callable[[Random], str]] = {
    "bsn": made.number,
    **{kind: made.PERSON_KINDS[kind] for kind in ("family name", "phone", "mail")},
}


def _ways(kind: str) -> dict[str, made.Way]:
    return {**made.TEXT_WAYS, **(made.NUMBER_WAYS if kind == "bsn" else {})}


@pytest.mark.parametrize("place", PLACES)
def test_nothing_of_anybody_stays_in_a_request(place: str) -> None:
    rng = Random(place)
    stays = []
    for kind, value_of in VALUES.items():
        for way, write in _ways(kind).items():
            value = value_of(rng)
            written = write(value)
            asked = raw(**{**ASKED, **PLACES[place](written)})
            plant = made.Plant(
                seed=0,
                kind=kind,
                way=way,
                place=place,
                state="nobody",
                value=value,
                written=written,
                raw=asked,
            )
            if bench.survives(plant, Recorder(persons=made.PERSONS, looking=LOOKS).record(asked)):
                stays.append((kind, way, written))
    assert stays == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Cookie", "sid=Kd8f7Gh2jK9sLq3m"),
        ("Authorization", "Basic aGFubmE6Z2VoZWlt"),
        ("X-Api-Key", "Kd8f7Gh2jK9sLq3m"),
        ("X-Auth-Token", "Kd8f7Gh2jK9sLq3m"),
    ],
)
def test_a_secret_stays_nowhere_once_it_was_seen(name: str, value: str) -> None:
    asked = raw(
        client="pgo-zon",
        url=f"{BACK}/Patient?x=Kd8f7Gh2jK9sLq3m",
        request_headers=((name, value), ("X-Other", "again Kd8f7Gh2jK9sLq3m")),
    )
    said = json.dumps(bench.pieces_of(Recorder(looking=LOOKS).record(asked)), default=str)
    assert "Kd8f7Gh2jK9sLq3m" not in said and "aGFubmE6" not in said


SOUND = "0b8a9c5e-6c1f-4e57-9d57-0d3a4c1b2e6f"


@pytest.mark.parametrize(
    "asked",
    [
        "?redirect_uri=https%3A%2F%2Fpgo.zonnewijzer.example%2Fredirect",
        "?redirect_uri=https%253A%252F%252Fpgo.zonnewijzer.example%252Fredirect",
        "?redirect_uri=https://pgo.zonnewijzer.example/redirect",
        "?periodofuse=ge2026-03-01&category=http%3A%2F%2Fsnomed.info%2Fsct%7C16076005",
        f"?MedMij-Request-ID={SOUND}&X-Correlation-ID=00000000-0000-0000-0000-000000000000",
        "?MedMij-Request-ID=706c616e-7461-6c77-6f72-706c616e7461",
        "?scope=huisarts.wilgenhof~49&response_type=code&client_secret=",
    ],
)
def test_what_judges_look_at_stays_as_it_was_written(asked: str) -> None:
    url = f"{BACK}/MedicationRequest{asked}"
    exchange = Recorder(looking=LOOKS).record(raw(client="pgo-zon", url=url))
    assert exchange.request.url == url


def test_what_was_written_in_code_is_so_after_a_tag() -> None:
    """That an address stands there unencoded would be held against the client."""
    url = f"{BACK}/x?redirect_uri=https%3A%2F%2Fpgo.zonnewijzer.example%2Fredirect%3Fhuis%3DPlantaalworm"
    sent = (
        Recorder(looking=LOOKS)
        .record(raw(client="pgo-zon", url=url))
        .request.url.partition("redirect_uri=")[2]
    )
    assert ":" not in sent and "/" not in sent and "Plantaalworm" not in sent


def test_an_identifier_is_a_uuid_after_a_value_that_went_elsewhere() -> None:
    """It was masked as the value of a parameter, and identifies the request all the same."""
    kept = Recorder(looking=LOOKS)
    kept.record(raw(client="pgo-zon", url=f"{BACK}/Patient?spoor={SOUND}"))
    ids = (("MedMij-Request-ID", SOUND), ("X-Correlation-ID", SOUND))
    assert kept.record(raw(client="pgo-zon", url=BACK, request_headers=ids)).request.headers == ids


def test_a_certificate_that_nobody_verified_is_shown_to_name_nobody() -> None:
    shown = {
        "dns_names": ["plantaalworm.nl", "pgo.zonnewijzer.example"],
        "issuer": "CN=Jan Plantaalworm,C=NL",
    }
    facts = {"verify": 18, "server_name": "plantaalworm.nl", "presented": shown}
    kept = (
        Recorder(looking=LOOKS).record(raw(client="pgo-zon", notes={"handshake": facts})).notes["handshake"]
    )
    assert kept["verify"] == 18 and kept["presented"]["dns_names"][1] == "pgo.zonnewijzer.example"
    assert "lantaalworm" not in json.dumps(kept)


def test_who_shows_the_certificate_of_a_stranger_is_nobody_until_it_was_verified() -> None:
    seen = Connections(NETWORK, SystemClock(), str, lambda **facts: dict(facts))
    for name, client in (("plantaalworm.nl", UNKNOWN), ("pgo-zon", "pgo-zon")):
        presented = Certificate(subject="", dns_names=(name,))
        made = seen.handshake(Handshake(host="x.example", peer="", reason="R", presented=presented))
        assert made is not None and made.client == client


@pytest.mark.parametrize("body", ["&".join(f"a{n}=b" for n in range(5_000)), "&a=b" * 60_000])
def test_a_form_of_very_many_fields_is_one_tag(body: str) -> None:
    """It would take seconds, in which nobody else is served."""
    asked = raw(client="pgo-zon", interface="token", request_headers=FORM, request_body=body.encode())
    kept = Recorder(looking=LOOKS).record(asked)
    assert re.fullmatch(MASK, kept.request.body.decode())
