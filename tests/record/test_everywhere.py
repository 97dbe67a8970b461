"""Every decoded string is searched: what is hidden is composed here, from ways to write and places to stand.

A composition is a number of somebody (or a text that stays inside), written in one or two ways, in one of the
places where a message has strings. The ways and the places know nothing of how the recorder reads.
"""

from __future__ import annotations

import base64
import gzip
import json
import uuid
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rawkit import pdf

from harness.core.run.exchanges import UNHELD, Exchange, Fact
from harness.fhir.codec.documents import to_json, to_xml
from harness.fhir.model.types import load_model
from harness.pdfa.text import texts_of
from harness.record import DeclaredPerson, Looking, Persons, RawExchange, Redactor
from harness.record.redact.people.care import number_of

MODEL = load_model("3.0.2")
OWN, OTHER = "999990019", "012345672"
"""Of the person of the session; of another declared one, with a zero that gets lost."""
NOBODYS = "123456782"
"""Passes the eleven-test, and is nobody's that is known."""
PERSONS = Persons([DeclaredPerson(id="anna", bsn=OWN), DeclaredPerson(id="bert", bsn=OTHER)])
CANARY = "wil nog niets zeggen over zijn ZZZ_verslaving"

Way = Callable[[str], str]


def _each(pattern: str) -> Way:
    return lambda text: "".join(pattern.format(ord(char)) for char in text)


def _percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _jwt(text: str) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part({'iss': 'https://a.example', 'sub': text})}.c2lnbmF0dXJl"


def _utf16(text: str) -> str:
    return base64.b64encode(text.encode("utf-16-le")).decode()


WRITTEN: dict[str, Way] = {
    "plain": str,
    "percent": _percent,
    "half percent": lambda text: text[:4] + _percent(text[4:]).lower(),
    "percent twice": lambda text: quote(_percent(text), safe=""),
    "unicode escape": _each("\\u{:04x}"),
    "decimal entity": _each("&#{};"),
    "hexadecimal entity": _each("&#x{:x};"),
    "base64": _base64,
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64 in a sentence": lambda text: _base64(f"patient {text} van de praktijk"),
    "utf-16 in base64": _utf16,
    "gzip in base64": lambda text: base64.b64encode(gzip.compress(f"van {text} is".encode())).decode(),
    "zlib in base64": lambda text: base64.b64encode(zlib.compress(f"van {text} is".encode())).decode(),
    "claim": _jwt,
    "markup": lambda text: f"<b>{text[:3]}</b><i>{text[3:6]}</i>{text[6:]}",
    "escaped markup": lambda text: f"&lt;b&gt;{text[:3]}&lt;/b&gt;{text[3:]}",
    "comment": lambda text: f"{text[:5]}<!-- - -->{text[5:]}",
    "zero width": lambda text: f"{text[:3]}\u200b{text[3:6]}\u00ad{text[6:]}",
    "in a path": lambda text: f"https://his.example/fhir/Patient/{quote(text)}/bekijk",
    "in a query": lambda text: f"https://his.example/fhir?persoon={quote(text)}&x=1",
    "json": lambda text: json.dumps({"p": {"n": text}}),
}
"""Ways in which any text is written."""
NUMBERS: dict[str, Way] = {
    "dots": lambda text: f"{text[:3]}.{text[3:6]}.{text[6:]}",
    "old dots": lambda text: f"{text[:4]}.{text[4:6]}.{text[6:]}",
    "spaces": lambda text: f"{text[:3]} {text[3:6]} {text[6:]}",
    "no-break spaces": lambda text: f"{text[:3]}\u00a0{text[3:6]}\u00a0{text[6:]}",
    "dashes": lambda text: f"{text[:3]}-{text[3:6]}-{text[6:]}",
    "en dashes": lambda text: f"{text[:2]}\u2013{text[2:5]}\u2013{text[5:]}",
    "slashes": lambda text: f"{text[:3]}/{text[3:6]}/{text[6:]}",
    "odd groups": lambda text: f"{text[:2]}.{text[2:4]}.{text[4:6]}.{text[6:]}",
    "mixed": lambda text: f"{text[:3]} {text[3:6]}-{text[6:]}",
    "one by one": lambda text: " ".join(text),
    "zero padded": lambda text: f"000{text}",
    "lost zero": lambda text: text.lstrip("0"),
    "oid": lambda text: f"urn:oid:2.16.840.1.113883.2.4.6.3.{text}",
    "other oid": lambda text: f"2.16.840.1.113883.2.4.3.11.{text}",
    "uuid": lambda text: str(uuid.UUID(text.zfill(32))),
    "stamp": lambda text: f"20240101{text}77",
    "hexadecimal": lambda text: text.encode().hex(),
    "full width": lambda text: text.translate({48 + n: 0xFF10 + n for n in range(10)}),
    "arabic": lambda text: text.translate({48 + n: 0x0660 + n for n in range(10)}),
    "between letters": lambda text: f"pat_{text}_nl",
}
"""Ways in which a number is written; one of them may come before one of :data:`WRITTEN`."""


def _bundle(**changes: Any) -> dict[str, Any]:
    resource = {"resourceType": "Observation", "id": "o1", "status": "final", **changes}
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": resource}]}


def _narrative(text: str) -> dict[str, Any]:
    bare = text if text.startswith("<") else text.replace("&", "&amp;").replace("<", "&lt;")
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><p>Lijn {bare}</p></div>'
    return _bundle(text={"status": "generated", "div": div})


def _attached(data: bytes) -> dict[str, Any]:
    return {
        "resourceType": "Binary",
        "contentType": "application/pdf",
        "content": base64.b64encode(data).decode(),
    }


DOCUMENTS: dict[str, Callable[[str], dict[str, Any]]] = {
    "text": lambda text: _bundle(comment=f"Zie {text}."),
    "extension": lambda text: _bundle(extension=[{"url": "https://his.example/x", "valueString": text}]),
    "identifier": lambda text: _bundle(identifier=[{"system": "https://his.example/n", "value": text}]),
    "display": lambda text: _bundle(subject={"display": text}),
    "narrative": _narrative,
    "link": lambda text: (
        _bundle() | {"link": [{"relation": "self", "url": f"https://a/?n={quote(text, safe='%')}"}]}
    ),
    "outcome": lambda text: {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "exception", "diagnostics": f"geen patient {text} gevonden"}],
    },
    "pdf in a Binary": lambda text: _attached(pdf(text)),
    "title of a pdf in a Binary": lambda text: _attached(pdf("Brief", info=f"Brief {text}")),
}
"""Places in a FHIR document."""


def _document(make: Callable[[str], dict[str, Any]], kind: str) -> Callable[[str], dict[str, Any]]:
    def message(text: str) -> dict[str, Any]:
        resource = make(text)
        body = to_json(resource) if kind == "json" else to_xml(resource, MODEL)
        return {"response_body": body, "response_headers": (("Content-Type", f"application/fhir+{kind}"),)}

    return message


def _body(media: str, around: str, interface: str = "resource") -> Callable[[str], dict[str, Any]]:
    return lambda text: {
        "interface": interface,
        "response_headers": (("Content-Type", media),),
        "response_body": around.replace("@", text).encode(),
    }


def _header(name: str, around: str = "@") -> Callable[[str], dict[str, Any]]:
    return lambda text: {"response_headers": ((name, around.replace("@", text)),)}


CARRIERS: dict[str, Callable[[str], dict[str, Any]]] = {
    **{
        f"{name} ({kind})": _document(make, kind)
        for name, make in DOCUMENTS.items()
        for kind in ("json", "xml")
    },
    "header": _header("X-Trace"),
    "location": _header("Location", "https://a.example/cb?error=x&error_description=@#f"),
    "link header": _header("Link", '<https://a.example/fhir/@>; rel="next"'),
    "file name": _header("Content-Disposition", 'inline; filename="brief @.pdf"'),
    "cookie attribute": _header("Set-Cookie", "x=a1; Path=/p/@"),
    "error in text": _body("text/plain", "Fout bij @ in regel 3"),
    "error in html": _body("text/html", "<html><body><h1>Fout</h1><p>@</p></body></html>"),
    "error of the token endpoint": _body(
        "application/json", '{"error":"x","error_description":"bij @"}', "token"
    ),
    "pdf": lambda text: {
        "interface": "document",
        "response_headers": (("Content-Type", "application/pdf"),),
        "response_body": pdf(text),
    },
    "title of a pdf": lambda text: {
        "interface": "document",
        "response_headers": (("Content-Type", "application/pdf"),),
        "response_body": pdf("Brief", info=text),
    },
    "key": lambda text: {
        "response_headers": (("Content-Type", "application/fhir+json"),),
        "response_body": json.dumps({"resourceType": "Basic", "id": "b1", text: {"a": 1}}).encode(),
    },
}
"""Places of a message."""
NOT_SHOWN = {"pdf", "pdf in a Binary (json)", "pdf in a Binary (xml)"}
"""Where a page shows what is written: characters beyond Latin-1 are not in its font, parentheses end a string."""


def recorded(looking: Looking | None = None, **changes: Any) -> Exchange:
    base: dict[str, Any] = {
        "interface": "resource",
        "flow": "collect",
        "operation": "x",
        "client": "pgo",
        "server": "dvza",
        "started": datetime(2026, 3, 1, tzinfo=UTC),
        "duration": 0.0,
        "method": "GET",
        "url": "https://a.example/fhir/Observation",
        "cell": "c",
        "person": "anna",
        "status": 200,
    }
    redactor = Redactor(b"k" * 32, PERSONS, looking=looking or Looking(texts_of, find_canary))
    return redactor.exchange(RawExchange(**{**base, **changes}), "x.1")


def find_canary(text: str, person: str) -> list[tuple[str, str]]:
    """What a record would find: the text, or the text without its blanks (a PDF)."""
    said = "".join(text.split())
    return [(CANARY, "bert")] if "".join(CANARY.split()) in said else []


def numbers(done: Exchange, standing: str) -> list[Fact]:
    return [
        fact
        for fact in done.facts
        if fact.kind == "bsn" and fact.standing == standing and fact.place.startswith("response")
    ]


CUTTING = {"markup", "escaped markup", "comment", "zero width", "half percent"}
"""Ways that cut a text in pieces; what cuts an escape in pieces makes it unreadable for anybody."""


def composed(number: str, way: str, then: str) -> str:
    """A text written in two ways; nothing when the second would spoil the first."""
    text = NUMBERS.get(way, WRITTEN.get(way, str))(number)
    if (then in CUTTING and set("%&\\<") & set(text)) or (then.startswith("utf-16") and not text.isascii()):
        return ""
    return WRITTEN[then](text)


def fits(carrier: str, text: str) -> bool:
    """Whether a place can hold a text as it is written."""
    if not text:
        return False
    if carrier in NOT_SHOWN or carrier == "title of a pdf":
        return text.isascii() and not set("()\\") & set(text)
    if "header" in carrier or carrier in ("location", "file name", "cookie attribute"):
        return text.isprintable()
    return carrier != "error of the token endpoint" or not set('"\\') & set(text)


@example(number=OTHER, way="lost zero", then="base64url", carrier="text (xml)")
@example(number=OTHER, way="no-break spaces", then="base64 in a sentence", carrier="cookie attribute")
@example(number=OWN, way="zero width", then="base64", carrier="narrative (xml)")
@example(number=OWN, way="dots", then="unicode escape", carrier="identifier (json)")
@example(number=OWN, way="base64", then="escaped markup", carrier="error in html")
@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    number=st.sampled_from([OWN, OTHER]),
    way=st.sampled_from(sorted({**NUMBERS, **WRITTEN})),
    then=st.sampled_from(sorted(WRITTEN)),
    carrier=st.sampled_from(sorted(CARRIERS)),
)
def test_a_known_number_is_found_wherever_and_however_it_is_written(
    number: str, way: str, then: str, carrier: str
) -> None:
    text = composed(number, way, then)
    if not fits(carrier, text):
        return
    done = recorded(**CARRIERS[carrier](text))
    found = numbers(done, "proven")
    assert found, (way, then, carrier, text)
    assert {fact.owner for fact in found} == {"anna" if number == OWN else "bert"}


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    way=st.sampled_from(sorted({**NUMBERS, **WRITTEN})),
    then=st.sampled_from(sorted(WRITTEN)),
    carrier=st.sampled_from(sorted(CARRIERS)),
)
def test_what_is_recorded_holds_no_number_of_somebody_else(way: str, then: str, carrier: str) -> None:
    text = composed(OTHER, way, then)
    if not fits(carrier, text):
        return
    done = recorded(**CARRIERS[carrier](text))
    assert done.response is not None
    again = recorded(
        response_headers=done.response.headers, response_body=done.response.body, interface=done.interface
    )
    assert not [fact for fact in numbers(again, "proven") if fact.owner == "bert"], (way, then, carrier)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    way=st.sampled_from(sorted(set(NUMBERS) - {"oid", "lost zero"}) + sorted(WRITTEN)),
    then=st.sampled_from(sorted(WRITTEN)),
    carrier=st.sampled_from(sorted(CARRIERS)),
)
def test_a_number_that_is_nobodys_proves_nothing(way: str, then: str, carrier: str) -> None:
    text = composed(NOBODYS, way, then)
    if fits(carrier, text):
        assert numbers(recorded(**CARRIERS[carrier](text)), "proven") == []


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    way=st.sampled_from(sorted(set(WRITTEN) - {"json"})),
    then=st.sampled_from(sorted(WRITTEN)),
    carrier=st.sampled_from(sorted(set(CARRIERS) - {"key"})),
)
def test_a_text_that_stays_inside_is_found_wherever_it_is_written(way: str, then: str, carrier: str) -> None:
    text = composed(CANARY, way, then)
    if not fits(carrier, text):
        return
    done = recorded(**CARRIERS[carrier](text))
    assert {fact.owner for fact in done.facts if fact.kind == "text"} == {"bert"}, (way, then, carrier)


NORMAL = {
    "decimal": _bundle(valueQuantity={"value": Decimal("0.123456782")}),
    "code": _bundle(code={"coding": [{"system": "http://snomed.info/sct", "code": NOBODYS}]}),
    "register": _bundle(
        identifier=[{"system": "http://fhir.nl/fhir/NamingSystem/uzi-nr-pers", "value": NOBODYS}]
    ),
    "uuid": _bundle(identifier=[{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{uuid.UUID(int=7)}"}]),
    "instant": _bundle(issued="2026-11-27T10:15:30.123456782Z"),
    "phone": _bundle(comment="bel +31123456782 of 0031123456782"),
    "date": _bundle(comment="BSN gecontroleerd op 27-11-2026 en 20261127"),
}


@pytest.mark.parametrize("kind", ["json", "xml"])
@pytest.mark.parametrize("name", sorted(NORMAL))
def test_a_number_where_numbers_are_normal_stays_and_proves_nothing(name: str, kind: str) -> None:
    message = _document(lambda _: NORMAL[name], kind)("")
    done = recorded(**message)
    assert numbers(done, "proven") == []
    assert done.response is not None and done.response.body == message["response_body"]


AMOUNTS = {
    "integer": (_bundle(valueQuantity={"value": int(NOBODYS), "unit": "cellen"}), "N"),
    "below zero": (_bundle(valueQuantity={"value": -int(NOBODYS), "unit": "x"}), "-N"),
    "total": (_bundle() | {"total": int(NOBODYS)}, "N"),
}


@pytest.mark.parametrize("kind", ["json", "xml"])
@pytest.mark.parametrize("name", sorted(AMOUNTS))
def test_an_amount_that_may_be_a_number_is_another_amount_and_proves_nothing(name: str, kind: str) -> None:
    resource, shown = AMOUNTS[name]
    message = _document(lambda _: resource, kind)("")
    done = recorded(**message)
    (fact,) = done.facts
    assert (fact.kind, fact.standing, fact.equals) == ("bsn", "possible", UNHELD)
    wanted = shown.replace("N", number_of(fact.tag)).encode()
    was = shown.replace("N", NOBODYS).encode()
    assert done.response is not None and was in message["response_body"]
    assert done.response.body == message["response_body"].replace(was, wanted)


def test_an_amount_that_a_record_holds_stays() -> None:
    message = _document(lambda _: AMOUNTS["integer"][0], "json")("")
    done = recorded(Looking(kept=frozenset({NOBODYS})), **message)
    assert done.response is not None and done.response.body == message["response_body"]


def test_a_version_that_may_be_a_number_goes() -> None:
    message = _document(lambda _: _bundle(meta={"versionId": NOBODYS}), "json")("")
    done = recorded(**message)
    assert done.response is not None and NOBODYS.encode() not in done.response.body
    assert [fact.equals for fact in done.facts] == [UNHELD]


def test_a_number_of_somebody_else_where_a_number_has_to_be_leaves_a_number() -> None:
    body = json.dumps(_bundle(valueQuantity={"value": 999990019, "unit": "x"})).encode()
    done = recorded(
        person="bert", response_headers=(("Content-Type", "application/fhir+json"),), response_body=body
    )
    assert done.response is not None
    value = json.loads(done.response.body)["entry"][0]["resource"]["valueQuantity"]["value"]
    assert isinstance(value, int) and str(value).startswith("888") and numbers(done, "proven")


def test_tags_are_no_numbers() -> None:
    done = recorded(response_headers=(("X-Trace", "mask-bsn-cdfghjklmbcd mask-person-mmmmmbbcmnpc"),))
    assert done.facts == ()


def test_a_code_of_the_answer_stays_where_its_text_repeats_it() -> None:
    """SNOMED codes have nine digits; one in eleven passes the eleven-test."""
    code = {"coding": [{"system": "http://snomed.info/sct", "code": NOBODYS}]}
    text = {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml">links ({NOBODYS})</div>',
    }
    message = _document(lambda _: _bundle(bodySite=code, text=text), "json")("")
    done = recorded(**message)
    assert done.response is not None and done.response.body == message["response_body"] and done.facts == ()


def test_a_number_that_goes_has_a_fact_at_each_of_its_places() -> None:
    message = _document(lambda _: _bundle(id=NOBODYS, comment=f"dossier {NOBODYS}"), "json")("")
    done = recorded(**message)
    assert done.response is not None and NOBODYS.encode() not in done.response.body
    places = {fact.place.rpartition(".")[2] for fact in done.facts if fact.equals}
    assert places == {"id", "comment"}
