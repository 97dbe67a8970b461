"""Plants: invented persons and secrets, the ways in which they are written, and the places where they are put.

Nothing here knows how the recorder reads. A plant is one exchange with one value in one place that must not be in
what is recorded; :func:`plants` gives as many as are asked, each from its own seed.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import random
import re
import string
import uuid
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from harness.network.file import Network, Participant
from harness.record import DeclaredPerson, Known, Persons, RawExchange

OWN: Final = DeclaredPerson(
    id="anna",
    bsn="999990019",
    birth_date="1964-05-17",
    family=("wilgenkamp",),
    patients=("anna-1",),
)
OTHER_NUMBER: Final = "999990470"
PERSONS: Final = Persons(
    [OWN, DeclaredPerson(id="bert", bsn=OTHER_NUMBER, birth_date="1950-02-03", family=("beukenhof",))]
)
NETWORK: Final = Network(
    participants=(
        Participant(id="his", role="his", kind="live", dvza="dvza", fhir="https://a.example/fhir"),
        Participant(id="dvza", role="dvza", kind="live", authorize="https://a.example/authorize"),
        Participant(id="pgo", role="pgo", kind="live", host="pgo.example"),
    )
)
"""Live parties: nobody knows what they say."""
STATES: Final = ("declared", "stranger", "anybody", "nobody")
"""Whose session it is: of a declared person who is answered, of one who gets somebody else's record, of a live
party without persons, of nobody yet."""
CARE: Final = ("resource", "document")

Way = Callable[[str], str]
Put = Callable[[str, random.Random], dict[str, Any]]


# -- values --------------------------------------------------------------------------------------

_SYLLABLES: Final = (
    "plan",
    "tal",
    "wor",
    "mek",
    "zur",
    "vid",
    "gol",
    "rin",
    "bek",
    "dor",
    "hul",
    "jos",
    "kwe",
    "lip",
)


def _name(rng: random.Random) -> str:
    return "".join(rng.choice(_SYLLABLES) for _ in range(3)).capitalize()


def number(rng: random.Random) -> str:
    """Nine digits that pass the eleven-test and could have been issued."""
    while True:
        digits = [rng.randrange(10) for _ in range(8)]
        last = sum(weight * digit for weight, digit in zip(range(9, 1, -1), digits, strict=True)) % 11
        made = "".join(map(str, digits)) + str(last)
        if last < 10 and not made.startswith("00") and made not in (OWN.bsn, OTHER_NUMBER):
            return made


def _birth(rng: random.Random) -> str:
    return (date(1930, 1, 1) + timedelta(days=rng.randrange(30_000))).isoformat()


def _random(rng: random.Random, alphabet: str, length: int) -> str:
    return "".join(rng.choice(alphabet) for _ in range(length))


_URL_SAFE: Final = string.ascii_letters + string.digits + "-_"
PERSON_KINDS: Final[dict[str, Callable[[random.Random], str]]] = {
    "family name": _name,
    "full name": lambda rng: f"{_name(rng)} {_name(rng)}",
    "birth date": _birth,
    "street": lambda rng: f"{_name(rng)}straat {rng.randrange(1, 400)}",
    "postcode": lambda rng: f"{rng.randrange(1000, 9999)} {_random(rng, 'BCDFGHJK', 2)}",
    "phone": lambda rng: f"06-{rng.randrange(10**7, 10**8 - 1)}",
    "mail": lambda rng: f"{_name(rng).lower()}@{_name(rng).lower()}.nl",
    "patient id": lambda rng: f"pat-{_random(rng, string.hexdigits[:16], 12)}",
}
NUMBER_KINDS: Final = ("bsn", "bsn known in the cell", "bsn of another declared person")
SECRET_KINDS: Final[dict[str, Callable[[random.Random], str]]] = {
    "token": lambda rng: _random(rng, _URL_SAFE, rng.choice((22, 32, 43, 64))),
    "uuid": lambda rng: str(uuid.UUID(int=rng.getrandbits(128), version=4)),
    "jwt": lambda rng: ".".join(
        base64.urlsafe_b64encode(part.encode()).decode().rstrip("=")
        for part in (
            '{"alg":"RS256"}',
            json.dumps({"sub": _name(rng), "jti": rng.getrandbits(64)}),
            _random(rng, _URL_SAFE, 64),
        )
    ),
    "password": lambda rng: f"{_name(rng)}{rng.randrange(10, 99)}!",
    "pin": lambda rng: f"{rng.randrange(10**5, 10**6)}",
}


# -- ways of writing -----------------------------------------------------------------------------


def _each(pattern: str) -> Way:
    return lambda text: "".join(pattern.format(ord(char)) for char in text)


def percent(text: str) -> str:
    """Every byte percent-encoded."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


def coded(data: bytes | str) -> str:
    """Base64."""
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def url_coded(data: bytes | str) -> str:
    """Base64 as in URLs."""
    return coded(data).translate({ord("+"): "-", ord("/"): "_", ord("="): None})


def _deflated(data: bytes) -> bytes:
    made = zlib.compressobj(wbits=-15)
    return made.compress(data) + made.flush()


TEXT_WAYS: Final[dict[str, Way]] = {
    "plain": str,
    "percent": percent,
    "percent twice": lambda text: quote(percent(text), safe=""),
    "partly percent": lambda text: text[:3] + percent(text[3:5]) + text[5:],
    "unicode escape": _each("\\u{:04x}"),
    "decimal entity": _each("&#{};"),
    "hexadecimal entity": _each("&#x{:x};"),
    "html in json": lambda text: json.dumps(f"<b>{_each('&#{};')(text)}</b>")[1:-1],
    "base64": lambda text: coded(f"patient {text}"),
    "base64url": lambda text: url_coded(f"patient={text}"),
    "base64 twice": lambda text: coded(coded(f"van {text} is")),
    "percent of base64": lambda text: quote(coded(f"van {text}!?"), safe=""),
    "jwt": lambda text: f"eyJhbGciOiJub25lIn0.{url_coded(json.dumps({'sub': text}))}.c2lnbmF0dXJl",
    "full width": lambda text: "".join(chr(ord(char) + 0xFEE0) if char.isdigit() else char for char in text),
    "zero width": lambda text: f"{text[:3]}\u200b{text[3:]}",
    "soft hyphen": lambda text: f"{text[:4]}\u00ad{text[4:]}",
    "gzip in base64": lambda text: coded(gzip.compress(f"van {text} is".encode())),
    "utf-16 in base64": lambda text: coded(f"{text}".encode("utf-16-le")),
}
"""Any text."""
NUMBER_WAYS: Final[dict[str, Way]] = {
    "dots 3-3-3": lambda n: f"{n[:3]}.{n[3:6]}.{n[6:]}",
    "dots 4-2-3": lambda n: f"{n[:4]}.{n[4:6]}.{n[6:]}",
    "dashes": lambda n: f"{n[:3]}-{n[3:6]}-{n[6:]}",
    "spaces": lambda n: f"{n[:3]} {n[3:6]} {n[6:]}",
    "slashes": lambda n: f"{n[:3]}/{n[3:6]}/{n[6:]}",
    "underscores": lambda n: f"{n[:3]}_{n[3:6]}_{n[6:]}",
    "2-2-2-3": lambda n: f"{n[:2]}-{n[2:4]}-{n[4:6]}-{n[6:]}",
    "2-3-4": lambda n: f"{n[:2]} {n[2:5]} {n[5:]}",
    "4-5": lambda n: f"{n[:4]} {n[4:]}",
    "each digit": lambda n: "-".join(n),
    "no-break spaces": lambda n: f"{n[:3]}\u00a0{n[3:6]}\u00a0{n[6:]}",
    "percent spaces": lambda n: f"{n[:3]}%20{n[3:6]}%20{n[6:]}",
    "oid": lambda n: f"2.16.840.1.113883.2.4.6.3.{n}",
    "letters around": lambda n: f"pat{n}x",
    "hexadecimal": lambda n: n.encode().hex(),
    "arabic": lambda n: n.translate({48 + digit: 0x0660 + digit for digit in range(10)}),
    "zero padded": lambda n: f"000{n}",
    "nil uuid": lambda n: f"00000000-0000-0000-0000-000{n}",
    "quoted-printable": lambda n: "".join(f"={ord(digit):02X}" for digit in n),
    "announced, lost zero": lambda n: f"bsn: {n.lstrip('0')}",
}
"""Numbers of nine digits, in the forms of which one is to be recognised by itself."""
KNOWN_WAYS: Final[dict[str, Way]] = {
    "mixed": lambda n: f"{n[:3]} {n[3:6]}-{n[6:]}",
    "within digits": lambda n: f"20240101{n}",
    "odd groups": lambda n: f"{n[:1]} {n[1:6]} {n[6:]}",
}
"""Forms that much else has too: recognised only where the number is known."""


# -- places --------------------------------------------------------------------------------------


def _bundle(state: str, **resource: Any) -> dict[str, Any]:
    """A searchset; in the session of a declared person it says whose it is."""
    entries: list[dict[str, Any]] = [
        {"resource": {"resourceType": "Observation", "id": "o1", "status": "final", **resource}}
    ]
    patient: dict[str, Any] = {
        "resourceType": "Patient",
        "id": "anna-1",
        "name": [{"family": "Wilgenkamp"}],
        "birthDate": OWN.birth_date,
    }
    if state == "stranger":
        patient |= {"id": "x-77", "name": [{"family": "Vreemdeling"}], "birthDate": "1931-07-08"}
    if state in ("declared", "stranger"):
        entries.append({"resource": patient})
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}


def _xml(value: Any, name: str = "") -> str:
    """FHIR JSON as XML, as far as is needed here."""
    if isinstance(value, list):
        return "".join(_xml(item, name) for item in value)
    if isinstance(value, dict):
        kind = value.get("resourceType")
        inner = "".join(
            _xml(child, key)
            for key, child in value.items()
            if key not in ("resourceType", "url") or (key == "url" and kind)
        )
        if kind:
            space = "" if name else ' xmlns="http://hl7.org/fhir"'
            made = f"<{kind}{space}>{inner}</{kind}>"
            return f"<{name}>{made}</{name}>" if name else made
        url = f" url={quoteattr(str(value['url']))}" if "url" in value and name == "extension" else ""
        return f"<{name}{url}>{inner}</{name}>"
    if name == "div":
        return str(value)
    return f"<{name} value={quoteattr(str(value)).replace('&amp;#', '&#')}/>"


ELEMENTS: Final[dict[str, Callable[[str], dict[str, Any]]]] = {
    "status": lambda text: {"status": text},
    "code": lambda text: {"code": {"coding": [{"system": "https://his.example/codes", "code": text}]}},
    "code without system": lambda text: {"category": [{"coding": [{"code": text}]}]},
    "code of a published system": lambda text: {"code": {"coding": [{"system": "http://loinc.org", "code": text}]}},
    "system": lambda text: {"code": {"coding": [{"system": f"https://his.example/{text}", "code": "1"}]}},
    "url of an extension": lambda text: {"extension": [{"url": f"https://his.example/{text}", "valueBoolean": True}]},
    "unit": lambda text: {"valueQuantity": {"value": 1, "unit": text}},
    "kind of data": lambda text: {"content": [{"attachment": {"contentType": text}}]},
    "day": lambda text: {"issued": text},
    "version": lambda text: {"meta": {"versionId": text}},
    "id": lambda text: {"id": text},
    "text": lambda text: {"comment": f"Zie {text}."},
    "extension": lambda text: {"extension": [{"url": "https://his.example/x", "valueString": text}]},
    "identifier": lambda text: {"identifier": [{"system": "https://his.example/n", "value": text}]},
    "display": lambda text: {"performer": [{"display": text}]},
    "narrative": lambda text: {"text": {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p>Van {escape(text).replace("&amp;#", "&#")}</p></div>'}},
    "contained": lambda text: {"contained": [{"resourceType": "RelatedPerson", "id": "r", "name": [{"text": text}]}]},
    "attachment": lambda text: {"content": [{"attachment": {"contentType": "text/plain", "data": coded(f"Brief over {text}.")}}]},
}  # fmt: skip


def _document(element: str, kind: str, state: str) -> Put:
    def put(text: str, rng: random.Random) -> dict[str, Any]:
        bundle = _bundle(state, **ELEMENTS[element](text))
        body = json.dumps(bundle, ensure_ascii=False) if kind == "json" else _xml(bundle)
        if kind == "json":
            body = body.replace("\\\\u", "\\u")  # an escape of JSON, not a text with a backslash
        return {
            "response_body": body.encode(),
            "response_headers": (("Content-Type", f"application/fhir+{kind}"),),
        }

    return put


def _body(media: str, around: str, interface: str = "resource") -> Put:
    def put(text: str, rng: random.Random) -> dict[str, Any]:
        headers = (("Content-Type", media),) if media else ()
        return {
            "interface": interface,
            "response_headers": headers,
            "response_body": around.replace("@", text).encode(),
        }

    return put


def _bytes(media: str, make: Callable[[bytes], bytes], interface: str = "document") -> Put:
    def put(text: str, rng: random.Random) -> dict[str, Any]:
        made = make(f"Brief over {text}.".encode())
        return {"interface": interface, "response_headers": (("Content-Type", media),), "response_body": made}

    return put


def _header(name: str, around: str = "@", interface: str = "resource") -> Put:
    return lambda text, rng: {
        "interface": interface,
        "response_headers": ((name, around.replace("@", text)),),
    }


def _request(**around: str) -> Put:
    def put(text: str, rng: random.Random) -> dict[str, Any]:
        filled: dict[str, Any] = {key: value.replace("@", text) for key, value in around.items()}
        if "request_body" in filled:
            filled["request_body"] = filled["request_body"].encode()
            filled["request_headers"] = (("Content-Type", "application/x-www-form-urlencoded"),)
        return filled

    return put


def _zip(data: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("brief.txt", data)
    return made.getvalue()


def pdf(text: bytes) -> bytes:
    """A small PDF that shows a text."""
    shown = (
        text.decode()
        .encode("latin-1", "replace")
        .replace(b"\\", b"\\\\")
        .replace(b"(", b"\\(")
        .replace(b")", b"\\)")
    )
    stream = b"BT /F1 12 Tf 72 700 Td (" + shown + b") Tj ET"
    parts = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    )
    made, offsets = b"%PDF-1.4\n", []
    for at, part in enumerate(parts, 1):
        offsets.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (at, part)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return (
        made
        + b"xref\n0 6\n0000000000 65535 f \n%strailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (table, len(made))
    )


def care_places(state: str) -> dict[str, Put]:
    """Places of messages with care data."""
    named = {
        f"{element} ({kind})": _document(element, kind, state)
        for element in ELEMENTS
        for kind in ("json", "xml")
    }
    return named | {
        "key (json)": _body("application/fhir+json", '{"resourceType":"Basic","id":"b1","@":{"a":1}}'),
        "name of an element (json)": _body("application/fhir+json", '{"resourceType":"Basic","id":"b1","@":"x"}'),
        "name of an element (xml)": _body("application/fhir+xml", '<Basic xmlns="http://hl7.org/fhir"><id value="b"/><@ value="x"/></Basic>'),
        "name of an attribute (xml)": _body("application/fhir+xml", '<Basic xmlns="http://hl7.org/fhir"><id value="b" @="x"/></Basic>'),
        "name of a name space (xml)": _body("application/fhir+xml", '<Basic xmlns="http://hl7.org/fhir" xmlns:@="urn:x"><id value="b"/></Basic>'),
        "type of a resource": _body("application/fhir+json", '{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"@"}}]}'),
        "outcome element": _body("application/fhir+json", '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"exception","expression":["Patient.name.where(family=\'@\')"],"location":["@"]}]}'),
        "capability": _body("application/fhir+json", '{"resourceType":"CapabilityStatement","status":"active","publisher":"@","software":{"name":"his van @"},"contact":[{"name":"@","telecom":[{"system":"email","value":"@"}]}],"rest":[{"mode":"server","resource":[{"type":"Patient","searchParam":[{"name":"@","type":"string"}]}]}]}'),
        "capability (xml)": _body("application/fhir+xml", '<CapabilityStatement xmlns="http://hl7.org/fhir"><description value="van @"/><implementation><url value="https://a.example/@"/></implementation></CapabilityStatement>'),
        "comment (xml)": _body("application/fhir+xml", '<Basic xmlns="http://hl7.org/fhir"><!-- @ --><id value="b"/></Basic>'),
        "instruction (xml)": _body("application/fhir+xml", '<Basic xmlns="http://hl7.org/fhir"><?his @?><id value="b"/></Basic>'),
        "unlabelled json": _body("", '{"resourceType":"Patient","name":[{"text":"@"}],"birthDate":"1931-07-08"}'),
        "nameless patient": _body("application/fhir+json", '{"resourceType":"Patient","id":"q","address":[{"text":"@"}]}'),
        "other json": _body("application/json", '{"patient":{"naam":"@"},"status":"ok"}'),
        "other xml": _body("application/xml", "<antwoord><patient><naam>@</naam></patient></antwoord>"),
        "cut json": _body("application/fhir+json", '{"resourceType":"Patient","name":[{"family":"@"}],"birthDa'),
        "cut xml": _body("application/fhir+xml", '<Patient xmlns="http://hl7.org/fhir"><name><family value="@"/></na'),
        "csv": _body("text/csv", "id;omschrijving\n1;@\n"),
        "page": _body("text/html", "<!doctype html><html><body><p>Fout bij @</p></body></html>"),
        "multipart": _body("multipart/mixed; boundary=x", '--x\r\nContent-Disposition: form-data; name="f"; filename="@.pdf"\r\n\r\ninhoud\r\n--x--\r\n'),
        "gzip": _bytes("application/fhir+json", gzip.compress, "resource"),
        "zlib": _bytes("application/octet-stream", zlib.compress),
        "deflate": _bytes("application/octet-stream", _deflated),
        "zip": _bytes("application/zip", _zip),
        "pdf": _bytes("application/pdf", pdf),
        "utf-16": _bytes("text/plain", lambda data: data.decode().encode("utf-16")),
        "utf-16 without mark": _bytes("text/plain", lambda data: data.decode().encode("utf-16-be")),
        "outcome": _body("application/fhir+json", '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"exception","diagnostics":"geen patient @ gevonden"}]}'),
    }  # fmt: skip


OPEN_PLACES: Final[dict[str, Put]] = {
    "header": _header("X-Trace"),
    "location": _header("Location", "https://a.example/cb?error=x&error_description=@#f"),
    "link header": _header("Link", '<https://a.example/fhir/@>; rel="next"'),
    "file name": _header("Content-Disposition", 'inline; filename="brief @.pdf"', "document"),
    "cookie attribute": _header("Set-Cookie", "x=a1; Path=/p/@", "login"),
    "challenge": _header("WWW-Authenticate", 'Bearer error="invalid_token", error_description="van @"'),
    "path": _request(url="https://a.example/fhir/Patient/@/bekijk"),
    "query": _request(url="https://a.example/fhir/Observation?code=8480-6&naam=@"),
    "token search": _request(url="https://a.example/fhir/Patient?identifier=http://fhir.nl/fhir/NamingSystem/bsn%7C@"),
    "form": _request(request_body="grant_type=x&omschrijving=@", interface="token", method="POST"),
    "error": _request(error="protocol: no patient @"),
    "note": lambda text, rng: {"notes": {"seen": [f"knop {text}"]}},
    "token error": _body("application/json", '{"error":"x","error_description":"bij @"}', "token"),
    "login page": _body("text/html", "<html><body><form action='/x'><input name='n' value='1'><p>Dag @</p></form></body></html>", "login"),
    "script": _body("text/html", "<html><script>var p = {patient: '@'};</script></html>", "consent"),
    "list": _body("application/xml", "<Lijst><Naam>@</Naam></Lijst>", "list"),
    "header name": lambda text, rng: {"response_headers": ((f"X-{text}", "1"),)},
    "request header": lambda text, rng: {"request_headers": (("X-Gebruiker", text),)},
    "user agent": lambda text, rng: {"request_headers": (("User-Agent", f"portaal/1.0 ({text})"),)},
    "referer": lambda text, rng: {"request_headers": (("Referer", f"https://a.example/dossier/{text}?stap=2"),)},
    "server": _header("Server", "his van @"),
    "server timing": _header("Server-Timing", 'db;desc="@"'),
    "cookie name": _header("Set-Cookie", "@=a1; Path=/", "login"),
    "name of a sent cookie": lambda text, rng: {"request_headers": (("Cookie", f"lang=nl; {text}=1"),)},
    "cookie domain": _header("Set-Cookie", "x=a1; Domain=@.a.example", "login"),
    "unknown cookie attribute": _header("Set-Cookie", "x=a1; @; Eigen=@", "login"),
    "location path": _header("Location", "https://a.example/dossier/@/open"),
    "location host": _header("Location", "https://@.a.example/"),
    "location fragment": _header("Location", "https://a.example/cb#@"),
    "parameter name": _header("Location", "https://a.example/cb?@=1"),
    "redirect within": _header("Location", "https://a.example/cb?redirect_uri=https%3A%2F%2Fb.example%2F@"),
    "content location": _header("Content-Location", "/fhir/Patient/@/_history/1"),
    "link title": _header("Link", '<https://a.example/fhir>; rel="next"; title="van @"'),
    "realm": _header("WWW-Authenticate", 'Bearer realm="praktijk @"'),
    "refresh": _header("Refresh", "5; url=https://a.example/@"),
    "form key": _request(request_body="grant_type=x&@=1", interface="token", method="POST"),
    "form of care": _request(request_body="_count=5&naam=@", method="POST"),
    "json key": _body("application/json", '{"@": {"a": 1}}', "token"),
    "problem": _body("application/problem+json", '{"title": "Fout", "detail": "bij @"}', "token"),
    "text": _body("text/plain", "Geen toestemming van @.", "authorization"),
    "part of a form": _body("multipart/form-data; boundary=x", '--x\r\nContent-Disposition: form-data; name="naam"\r\n\r\n@\r\n--x--\r\n', "login"),
    "title": _body("text/html", "<html><head><title>Dossier @</title></head></html>", "login"),
    "comment of a page": _body("text/html", "<html><!-- @ --><body>Inloggen</body></html>", "login"),
    "alternative of an image": _body("text/html", "<html><body><img alt='pasfoto @' src='/x'></body></html>", "login"),
    "source of an image": _body("text/html", "<html><body><img src='/foto/@.png'></body></html>", "login"),
    "hidden field": _body("text/html", "<html><form><input type='hidden' name='wie' value='@'></form></html>", "consent"),
    "name of a field": _body("text/html", "<html><form><input name='@'></form></html>", "consent"),
    "action": _body("text/html", "<html><form action='/dossier?wie=@'></form></html>", "consent"),
    "choice": _body("text/html", "<html><select><option value='1'>@</option></select></html>", "login"),
    "data of an element": _body("text/html", "<html><div data-wie='@'></div></html>", "login"),
    "state of a script": _body("text/html", "<html><script type='application/json'>['@']</script></html>", "login"),
}  # fmt: skip
"""Places of messages without care data, and beside it."""

KEPT_PLACES: Final = ("note", "list")
"""What a driver noted by itself, and what is published."""

SECRET_PLACES: Final[dict[str, Put]] = {
    "bearer": lambda text, rng: {"request_headers": (("Authorization", f"Bearer {text}"),)},
    "basic": lambda text, rng: {"interface": "token", "request_headers": (("Authorization", f"Basic {coded('pgo:' + text)}"),)},
    "cookie": lambda text, rng: {"interface": "login", "request_headers": (("Cookie", f"lang=nl; sid={text}"),)},
    "set-cookie": _header("Set-Cookie", "sessie=@; Path=/; HttpOnly", "login"),
    "vendor header": _header("X-Access-Token"),
    "subscription header": lambda text, rng: {"request_headers": (("Ocp-Apim-Subscription-Key", text),)},
    "query code": _request(url="https://a.example/cb?code=@&x=1", interface="redirect"),
    "query token": _request(url="https://a.example/fhir/Patient?access_token=@"),
    "fragment": _header("Location", "https://a.example/cb#access_token=@&x=1", "authorization"),
    "form code": _request(request_body="grant_type=authorization_code&code=@", interface="token", method="POST"),
    "form secret": _request(request_body="clientSecret=@&x=1", interface="token", method="POST"),
    "form otp": _request(request_body="stap=2&otp=@", interface="login", method="POST"),
    "form pin": _request(request_body="pincode=@", interface="login", method="POST"),
    "form password": _request(request_body="gebruiker=x&wachtwoord=@", interface="login", method="POST"),
    "json token": _body("application/json", '{"access_token":"@","token_type":"Bearer"}', "token"),
    "json camel": _body("application/json", '{"accessToken":"@","expiresIn":900}', "token"),
    "json refresh": _body("application/json", '{"refresh_token":"@","token_type":"Bearer"}', "token"),
    "xml token": _body("application/xml", "<antwoord><access_token>@</access_token></antwoord>", "token"),
    "xml attribute": _body("application/xml", '<antwoord clientSecret="@"/>', "token"),
    "script token": _body("text/html", "<html><script>var s = {access_token: '@', x: 1};</script></html>", "login"),
    "script variable": _body("text/html", '<html><script>const csrfToken = "@";</script></html>', "login"),
    "meta": _body("text/html", '<html><head><meta name="csrf-token" content="@"></head></html>', "login"),
    "hidden input": _body("text/html", '<html><form><input type="hidden" name="_csrf" value="@"></form></html>', "login"),
    "data attribute": _body("text/html", '<html><div data-session-id="@"></div></html>', "login"),
}  # fmt: skip
"""Places in which secrets stand."""


@dataclass(frozen=True, kw_only=True)
class Plant:
    """One exchange with something in it that must go.

    :ivar value: what must not be read; ``written`` as it stands there.
    :ivar first: an exchange of the same cell before it.
    :ivar by_design: kept where nothing but a record could tell it from what the person's own answer says.
    """

    seed: int
    kind: str
    way: str
    place: str
    state: str
    value: str = field(repr=False)
    written: str = field(repr=False)
    raw: RawExchange = field(repr=False)
    first: RawExchange | None = field(default=None, repr=False)
    by_design: bool = False


# -- compositions --------------------------------------------------------------------------------

_ONE_LINE: Final = ("html in json",)
_TEXT_ONLY: Final = (
    "path", "query", "token search", "form", "location", "link header", "cookie attribute", "referer", "form key",
    "location path", "location fragment", "parameter name", "redirect within", "content location", "refresh",
    "form of care", "action", "source of an image", "unknown cookie attribute",
)  # fmt: skip
_NAME_ONLY: Final = (
    "header name", "cookie name", "name of a sent cookie", "cookie domain", "location host", "name of a field",
    "name of an element (xml)", "name of an attribute (xml)", "name of a name space (xml)",
)  # fmt: skip
_PAGES: Final = (
    "pdf",
    "key (json)",
    "name of an element (json)",
    "type of a resource",
    "outcome element",
    "capability",
    "unlabelled json",
    "nameless patient",
    "other json",
    "cut json",
    "token error",
    "outcome",
    "json key",
    "problem",
)


def fits(place: str, text: str) -> bool:
    """Whether a place can hold a text as it is written, so that whoever reads it finds the text again."""
    if place in _TEXT_ONLY:
        return text.isascii() and not set(' "<>\\;&#\n') & set(text)
    if place in _NAME_ONLY:
        return re.fullmatch(r"[A-Za-z0-9-]+", text) is not None
    if place in _PAGES:
        return "\\u" not in text and not set('"()') & set(text) and (place != "pdf" or text.isascii())
    if place in OPEN_PLACES:
        return text.isprintable() and not set("'\"<\\") & set(text)
    if place.endswith("(xml)"):
        return not set("\\") & set(text) and "--" not in text
    return True


def _raw(state: str, changes: dict[str, Any], **more: Any) -> RawExchange:
    base: dict[str, Any] = {
        "interface": "resource", "flow": "collect", "operation": "x", "client": "pgo", "server": "dvza",
        "started": datetime(2026, 3, 1, tzinfo=UTC), "duration": 0.1, "method": "GET",
        "url": "https://a.example/fhir/Observation", "cell": "c", "status": 200,
        "person": {"declared": "anna", "stranger": "anna", "anybody": "", "nobody": None}[state],
    }  # fmt: skip
    return RawExchange(**{**base, **changes, **more})


_NAMED: Final = {
    "family name": "name", "full name": "name", "birth date": "birthDate", "street": "address",
    "postcode": "address", "phone": "telecom", "mail": "telecom", "patient id": "id",
}  # fmt: skip


SESSIONS: Final = ("declared", "stranger")
BY_DESIGN: Final = ("id (json)", "id (xml)")
"""Places of a declared person's own answer where a word stays: ids lead from one answer to the next."""
DAYS: Final = ("day (json)", "day (xml)")
"""Where a declared person's own answer has a day, and any stays."""


def _patient(kind: str, value: str) -> bytes:
    """Somebody else's Patient, of whom a value is known that way."""
    patient: dict[str, Any] = {
        "resourceType": "Patient",
        "id": "x-77",
        "birthDate": "1931-07-08",
        "name": [{"family": "Vreemdeling"}],
    }
    element = {
        "name": [{"text": value}] if kind == "full name" else [{"family": value}],
        "birthDate": value,
        "address": [{"postalCode": value}] if kind == "postcode" else [{"line": [value]}],
        "telecom": [{"value": value}],
        "id": value,
    }[_NAMED[kind]]
    return json.dumps(patient | {_NAMED[kind]: element}).encode()


def _of_number(rng: random.Random, seed: int) -> Plant | None:
    kind, state = rng.choice(NUMBER_KINDS), rng.choice(STATES)
    places = care_places(state) | OPEN_PLACES
    known = kind != "bsn"
    ways = TEXT_WAYS | NUMBER_WAYS | (KNOWN_WAYS if known else {})
    way, place = rng.choice(sorted(ways)), rng.choice(sorted(places))
    value = OTHER_NUMBER if kind.startswith("bsn of") else number(rng)
    written = ways[way](value)
    if way in NUMBER_WAYS and rng.random() < 0.3:  # two ways, one within the other
        second = rng.choice(("percent", "base64url", "decimal entity"))
        way, written = f"{way}, {second}", TEXT_WAYS[second](written)
    if not fits(place, written) or (way == "announced, lost zero" and not value.startswith("0")):
        return None
    first = None
    if kind == "bsn known in the cell":
        patient = {
            "resourceType": "Patient",
            "id": "k",
            "identifier": [{"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": value}],
        }
        first = _raw(
            state,
            {
                "response_body": json.dumps(patient).encode(),
                "response_headers": (("Content-Type", "application/fhir+json"),),
            },
        )
    raw = _raw(state, places[place](written, rng))
    return Plant(
        seed=seed,
        kind=kind,
        way=way,
        place=place,
        state=state,
        value=value,
        written=written,
        raw=raw,
        first=first,
    )


def _of_person(rng: random.Random, seed: int) -> Plant | None:
    kind, state = rng.choice(sorted(PERSON_KINDS)), rng.choice(STATES)
    care = care_places(state)
    places = care | OPEN_PLACES
    way, place = rng.choice(sorted(TEXT_WAYS)), rng.choice(sorted(places))
    value = PERSON_KINDS[kind](rng)
    written = TEXT_WAYS[way](value)
    if not fits(place, written):
        return None
    changes = places[place](written, rng)
    by_design = state == "declared" and (place in BY_DESIGN or (kind == "birth date" and place in DAYS))
    if place in OPEN_PLACES:
        by_design = place in KEPT_PLACES
        if (
            state in ("stranger", "anybody")
            and "response_body" not in changes
            and changes.get("interface", "resource") == "resource"
        ):
            headers = (*changes.get("response_headers", ()), ("Content-Type", "application/fhir+json"))
            changes |= {"response_body": _patient(kind, value), "response_headers": headers}
    return Plant(
        seed=seed,
        kind=kind,
        way=way,
        place=place,
        state=state,
        value=value,
        written=written,
        raw=_raw(state, changes),
        by_design=by_design,
    )


def _of_secret(rng: random.Random, seed: int) -> Plant | None:
    kind, state = rng.choice(sorted(SECRET_KINDS)), rng.choice(STATES)
    place = rng.choice(sorted(SECRET_PLACES))
    if kind == "pin" and not place.startswith(("form otp", "form pin")):
        return None
    value = SECRET_KINDS[kind](rng)
    encoded = place.startswith(("query", "form", "fragment")) and rng.random() < 0.5
    written = (
        percent(value)
        if encoded
        else quote(value, safe="")
        if place.startswith(("query", "form", "fragment"))
        else value
    )
    raw = _raw(state, SECRET_PLACES[place](written, rng))
    return Plant(
        seed=seed,
        kind=kind,
        way="percent" if encoded else "plain",
        place=place,
        state=state,
        value=value,
        written=written,
        raw=raw,
    )


def _of_minted(rng: random.Random, seed: int) -> Plant | None:
    kind, state = rng.choice(("token", "uuid")), rng.choice(STATES)
    places = care_places(state) | OPEN_PLACES
    way, place = rng.choice(sorted(TEXT_WAYS)), rng.choice(sorted(places))
    value = SECRET_KINDS[kind](rng)
    written = TEXT_WAYS[way](value)
    if not fits(place, written):
        return None
    raw = _raw(state, places[place](written, rng), known=(Known("state", "state-sent", value),))
    return Plant(
        seed=seed,
        kind=f"minted {kind}",
        way=way,
        place=place,
        state=state,
        value=value,
        written=written,
        raw=raw,
    )


_MAKERS: Final = (_of_number, _of_person, _of_secret, _of_minted)
FAMILIES: Final = {"number": _of_number, "person": _of_person, "secret": _of_secret, "minted": _of_minted}


def plant(seed: int, family: str = "") -> Plant | None:
    """The plant of a seed; ``None`` when its composition means nothing."""
    rng = random.Random(seed)
    make = rng.choice(_MAKERS)
    return (FAMILIES[family] if family else make)(rng, seed)


def plants(count: int, first: int = 0, family: str = "") -> Iterator[Plant]:
    """As many plants as are asked."""
    made, seed = 0, first
    while made < count:
        found = plant(seed, family)
        seed += 1
        if found is not None:
            made += 1
            yield found


WORDS: Final = (
    "active",
    "final",
    "patient",
    "Observation",
    "dark",
    "nl",
    "huisarts",
    "completed",
    "searchset",
    "true",
)


def clean(seed: int) -> RawExchange:
    """A right answer to a declared person, with words, numbers and ids that only look like something to hide."""
    rng = random.Random(seed)
    resource = {
        "id": rng.choice((str(uuid.UUID(int=rng.getrandbits(128), version=4)), str(rng.randrange(10**8)), f"obs-{rng.randrange(10**6)}")),
        "meta": {"versionId": str(rng.randrange(1, 99)), "lastUpdated": "2026-02-03T10:15:30.123456782Z"},
        "identifier": [{"system": "https://his.example/n", "value": str(uuid.UUID(int=rng.getrandbits(128), version=4))}],
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": number(rng), "display": "Bevinding"}]},
        "issued": f"20{rng.randrange(10, 26)}-0{rng.randrange(1, 9)}-1{rng.randrange(9)}T10:15:30+01:00",
        "valueQuantity": {"value": rng.randrange(10**rng.randrange(1, 9)) / 10, "unit": "mmol/l"},
        "performer": [{"display": "Huisarts Eikenlaan"}],
        "comment": f"Gemeten op {rng.randrange(1, 28)}-{rng.randrange(1, 12)}-2025 om 10.15 uur, bel 020-{rng.randrange(10**6, 10**7)}.",
    }  # fmt: skip
    bundle = _bundle("declared", **resource) | {"total": rng.randrange(10**7)}
    word = rng.choice(WORDS)
    headers = (
        ("Content-Type", "application/fhir+json"),
        ("Set-Cookie", f"{rng.choice(('theme', 'consent', 'sid', 'lang'))}={word}; Path=/"),
        ("ETag", f'W/"{rng.randrange(10**6)}"'),
        ("Date", "Sun, 01 Mar 2026 10:15:30 GMT"),
        ("X-Request-Id", str(uuid.UUID(int=rng.getrandbits(128), version=4))),
    )
    return _raw("declared", {"response_body": json.dumps(bundle).encode(), "response_headers": headers})
