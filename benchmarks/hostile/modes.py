"""What a hostile server does with a request, by name. Standard library only.

A mode gets the connection and the request, and does its worst. Where a mode makes sense is said with it:
``his`` behind our own DVZA, ``resource`` of a DVZA, its ``authorize`` pages, its ``token`` endpoint.

``says`` holds what the vendor of such a server must read first, as patterns of which one has to be found. They
follow from what the mode does; what a harness happens to print is no reason for a pattern.
"""

from __future__ import annotations

import gzip
import itertools
import json
import re
import socket
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from html import escape

CRLF = b"\r\n"
FHIR = "application/fhir+json; fhirVersion=3.0; charset=utf-8"
XML = "application/fhir+xml; fhirVersion=3.0; charset=utf-8"
CHUNK = b"x" * 65536


@dataclass
class Request:
    """A request, as far as it was read."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


Attack = Callable[[socket.socket, Request], None]


@dataclass
class Mode:
    """A way to be hostile.

    :ivar places: where it is tried; ``tls`` modes act before any request.
    :ivar says: what has to be said first of it, one of these patterns.
    """

    name: str
    places: tuple[str, ...]
    says: tuple[str, ...]
    attack: Attack | None = None
    tls: str = ""

    def named(self, told: str) -> bool:
        """Whether what is told of it says what it does."""
        return any(re.search(pattern, told, re.IGNORECASE) for pattern in self.says)


MODES: dict[str, Mode] = {}
DATA = ("his",)


def mode(name: str, *places: str, says: tuple[str, ...]) -> Callable[[Attack], Attack]:
    def add(attack: Attack) -> Attack:
        MODES[name] = Mode(name, places or DATA, says, attack)
        return attack

    return add


def tls(name: str, *says: str) -> None:
    MODES[f"tls-{name}"] = Mode(f"tls-{name}", ("his", "authorize"), says, tls=name)


# --- what a vendor has to read first ------------------------------------------------------------------------

SILENT = r"time.?out|in time|within \d+|after \d+ ?s\b|waited|waiting for|too (slow|long)|took \d+|gave up|not complete"
"""No answer, or not a whole one, in time."""
CLOSED = r"clos|disconnect|reset|without (an|sending a) (answer|response)|ended the connection"
CUT = r"incomplete|not complete|cut off|fewer|bytes .{0,30}(expected|announced)|without sending complete|content-length"
LARGE = r"(larger|more) than|too (large|big|much)|over the limit|exceed|\b\d+ (bytes|nodes|entries|characters|attributes)\b"
LARGE_HEAD = r"head(er)?s?\b.{0,40}(too (large|long|many|much)|larger|more than)|interim"
LONG = r"too long|characters|longer than"
MANY = r"too many|more than|\d+ (entries|nodes|matches|resources|fields)"
DEEP = r"\bdeep|\bnest"
NUMBER = r"number|integer|digits|\btotal\b|expires_in"
CODING = r"coding|gzip"
DOCTYPE = r"doctype|entit"
ATTRIBUTES = r"attribute"
NO_JSON = r"JSON\b.{0,30}(malformed|invalid|syntax|not valid)|(no|not|neither|invalid|malformed)\b.{0,15}\bJSON|after the (end|object)"
NO_XML = r"XML\b.{0,30}(malformed|invalid|syntax|not well)|(no|not|neither|invalid|malformed)\b.{0,15}\bXML"
NO_TEXT = r"utf-?(8|16)|encoding|character|surrogate|unicode|bytes that are no text"
NO_HTTP = (
    r"(no|not|illegal|invalid|malformed)\b.{0,20}\b(HTTP|header|head|status line|chunk)|RemoteProtocolError"
)
NO_RESOURCE = r"resourceType|no (FHIR )?resource|not a resource"
NO_PAGE = r"(no|not) (a )?(HTML|page|form)|no page|page .{0,40}(unknown|cannot|not)|text/html"
NOT_ASKED = r"\bPatient\b|not asked|another type|application/fhir\+(xml|json)|\b(0|no) (matches|entries|resources)|empty"
"""The same content whatever was asked: other resources, or another format."""
PAGING = r"\bpages?\b|\bnext\b"
REDIRECT = r"redirect|\b302\b|\blocation\b"
ELSEWHERE = r"vreemd\.example|another (host|server)"
LOGIN = r"log(ged)?[- ]?in\b|login"


# --- helpers ------------------------------------------------------------------------------------------------


def head(status: str, *lines: str) -> bytes:
    return CRLF.join([f"HTTP/1.1 {status}".encode(), *(line.encode("latin-1") for line in lines), b"", b""])


def plain(body: bytes, kind: str = FHIR, status: str = "200 OK", *more: str) -> bytes:
    return head(status, f"Content-Type: {kind}", f"Content-Length: {len(body)}", *more) + body


def kind_of(request: Request) -> str:
    return "xml" if "xml" in request.headers.get("accept", "") else "json"


def patient(**more: object) -> dict:
    """A Patient with nothing wrong, in the order of XML."""
    made = {
        "resourceType": "Patient",
        "id": "p1",
        "meta": {"profile": ["http://fhir.nl/fhir/StructureDefinition/nl-core-patient"]},
        "language": "nl",
        "name": [{"family": "Ester"}],
        "birthDate": "1970-01-31",
    }
    return {**made, **more}


def bundle(request: Request, *resources: dict, following: str = "", total: int | None = None) -> dict:
    """A searchset as it should be, but for what is in it.

    :param following: address of the next page.
    """
    entries = [
        {"fullUrl": f"https://h.example/fhir/{item['resourceType']}/{item['id']}", "resource": item,
         "search": {"mode": "match"}}
        for item in resources
    ]  # fmt: skip
    links = [{"relation": "self", "url": whole(request)}]
    links += [{"relation": "next", "url": following}] if following else []
    made = {"resourceType": "Bundle", "type": "searchset", "total": len(entries) if total is None else total}
    return {**made, "link": links, "entry": entries}


def in_xml(name: str, value: object) -> str:
    """An element of FHIR JSON as XML; the order is that of the JSON."""
    if isinstance(value, list):
        return "".join(in_xml(name, item) for item in value)
    if not isinstance(value, dict):
        return f'<{name} value="{escape(str(value), quote=True)}"/>'
    inside = "".join(in_xml(key, item) for key, item in value.items() if key != "resourceType")
    if kind := value.get("resourceType"):
        inside = f'<{kind} xmlns="http://hl7.org/fhir">{inside}</{kind}>'
    return f"<{name}>{inside}</{name}>" if name else inside


def said(request: Request, value: dict) -> tuple[str, str]:
    """A resource in the format that was asked for, with its media type."""
    return (in_xml("", value), XML) if kind_of(request) == "xml" else (json.dumps(value), FHIR)


def answer(request: Request, value: dict) -> bytes:
    body, kind = said(request, value)
    return plain(body.encode(), kind)


def drip(sock: socket.socket, parts: Iterator[bytes], pause: float = 1.0) -> None:
    for part in parts:
        sock.sendall(part)
        time.sleep(pause)


def forever(sock: socket.socket, part: bytes) -> None:
    while True:
        sock.sendall(part)


def bare(request: Request) -> str:
    return f"https://{request.headers.get('host', 'h.example')}{request.path}"


def whole(request: Request) -> str:
    return f"https://{request.headers.get('host', 'h.example')}{request.target}"


# --- silence and slowness -----------------------------------------------------------------------------------


@mode("never-answers", "his", "resource", "authorize", "token", says=(SILENT,))
def never(sock: socket.socket, request: Request) -> None:
    time.sleep(3600)


@mode("byte-a-second-head", "his", "authorize", "token", says=(SILENT,))
def slow_head(sock: socket.socket, request: Request) -> None:
    drip(sock, (bytes([one]) for one in itertools.chain(head("200 OK", "X: y")[:-2], itertools.cycle(b"a"))))


@mode("byte-a-second-body", "his", "resource", "authorize", "token", says=(SILENT,))
def slow_body(sock: socket.socket, request: Request) -> None:
    sock.sendall(head("200 OK", f"Content-Type: {FHIR}", "Content-Length: 100000"))
    drip(sock, itertools.repeat(b" "))


@mode(
    "slow-but-whole",
    "his",
    says=(
        SILENT,
        NOT_ASKED,
    ),
)
def tardy(sock: socket.socket, request: Request) -> None:
    time.sleep(9)
    sock.sendall(answer(request, bundle(request)))


# --- endless ------------------------------------------------------------------------------------------------


@mode(
    "endless-body",
    "his",
    "authorize",
    "token",
    says=(
        LARGE,
        SILENT,
    ),
)
def endless_body(sock: socket.socket, request: Request) -> None:
    sock.sendall(head("200 OK", f"Content-Type: {FHIR}", "Connection: close"))
    forever(sock, CHUNK)


@mode("endless-headers", "his", "authorize", says=(LARGE_HEAD,))
def endless_headers(sock: socket.socket, request: Request) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in itertools.count():
        sock.sendall(f"X-{number}: {'v' * 200}\r\n".encode())


@mode("endless-header-line", says=(LARGE_HEAD,))
def endless_line(sock: socket.socket, request: Request) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    forever(sock, CHUNK)


@mode("endless-chunked", says=(LARGE,))
def endless_chunked(sock: socket.socket, request: Request) -> None:
    sock.sendall(head("200 OK", f"Content-Type: {FHIR}", "Transfer-Encoding: chunked"))
    forever(sock, b"10000\r\n" + CHUNK + CRLF)


@mode(
    "endless-tiny-chunks",
    says=(
        LARGE,
        SILENT,
    ),
)
def endless_tiny(sock: socket.socket, request: Request) -> None:
    sock.sendall(head("200 OK", f"Content-Type: {FHIR}", "Transfer-Encoding: chunked"))
    forever(sock, b"1\r\nx\r\n" * 2000)


@mode(
    "endless-chunk-extension",
    says=(
        LARGE,
        NO_HTTP,
    ),
)
def endless_extension(sock: socket.socket, request: Request) -> None:
    sock.sendall(head("200 OK", f"Content-Type: {FHIR}", "Transfer-Encoding: chunked") + b"1;")
    forever(sock, CHUNK)


@mode(
    "continue-forever",
    "his",
    "token",
    says=(
        LARGE_HEAD,
        SILENT,
    ),
)
def continues(sock: socket.socket, request: Request) -> None:
    forever(sock, b"HTTP/1.1 100 Continue\r\n\r\n" * 500)


@mode("early-hints-a-second", says=(SILENT,))
def hints(sock: socket.socket, request: Request) -> None:
    drip(sock, itertools.repeat(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), 0.5)


# --- bombs --------------------------------------------------------------------------------------------------


def bomb(size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(size)), packer.flush()])


@cache
def packed(name: str) -> bytes:
    """The body of a mode that takes long to make: made once, before the server listens; others have none."""
    if name == "gzip-bomb":
        return bomb(1024)
    if name == "deflate-bomb":
        return zlib.compress(bytes(256 << 20), 9)
    if name == "gzip-below-the-limit":
        return gzip.compress(b" " * (19 << 20) + b"{}")
    return b""


@mode("gzip-bomb", "his", "authorize", "token", says=(LARGE,))
def gzip_bomb(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(packed("gzip-bomb"), FHIR, "200 OK", "Content-Encoding: gzip"))


@mode("deflate-bomb", says=(LARGE,))
def deflate_bomb(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(packed("deflate-bomb"), FHIR, "200 OK", "Content-Encoding: deflate"))


@mode("gzip-below-the-limit", says=(NO_RESOURCE,))
def gzip_large(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(packed("gzip-below-the-limit"), FHIR, "200 OK", "Content-Encoding: gzip"))


@mode("gzip-gzip-gzip", says=(CODING,))
def gzip_thrice(sock: socket.socket, request: Request) -> None:
    body = gzip.compress(gzip.compress(gzip.compress(b"{}")))
    sock.sendall(plain(body, FHIR, "200 OK", "Content-Encoding: gzip, gzip, gzip"))


@mode(
    "nested-json",
    "his",
    "token",
    says=(
        DEEP,
        NO_JSON,
        MANY,
    ),
)
def nested(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b"[" * 1_000_000, FHIR))


@mode("nested-extensions", says=(DEEP,))
def nested_extensions(sock: socket.socket, request: Request) -> None:
    text = '{"resourceType":"Patient","id":"p"' + ',"extension":[{"url":"urn:a"' * 400 + "}]" * 400 + "}"
    sock.sendall(plain(text.encode(), FHIR))


@mode("huge-numbers", "his", "token", says=(NUMBER,))
def huge_numbers(sock: socket.socket, request: Request) -> None:
    text = '{"resourceType":"Bundle","type":"searchset","total":%s,"expires_in":1e999999999}' % (
        "9" * 1_000_000
    )
    sock.sendall(plain(text.encode(), FHIR))


@mode(
    "huge-bundle",
    says=(
        LARGE,
        MANY,
    ),
)
def huge_bundle(sock: socket.socket, request: Request) -> None:
    sock.sendall(answer(request, bundle(request, *(patient(id=f"p{n}") for n in range(60_000)))))


@mode(
    "large-bundle",
    says=(
        MANY,
        NOT_ASKED,
    ),
)
def large_bundle(sock: socket.socket, request: Request) -> None:
    sock.sendall(answer(request, bundle(request, *(patient(id=f"p{n}") for n in range(9_000)))))


@mode(
    "one-long-text",
    says=(
        LARGE,
        LONG,
    ),
)
def long_text(sock: socket.socket, request: Request) -> None:
    sock.sendall(answer(request, bundle(request, patient(language="a" * (16 << 20)))))


@mode(
    "many-digits",
    says=(
        LARGE,
        LONG,
    ),
)
def many_digits(sock: socket.socket, request: Request) -> None:
    sock.sendall(answer(request, bundle(request, patient(language="999990019 " * 400_000))))


@mode(
    "percent-escapes",
    "his",
    "authorize",
    says=(
        LARGE,
        NO_JSON,
        NO_PAGE,
    ),
)
def escapes(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b"%41%42" * (3 << 20), FHIR))


@mode("base64-in-base64", says=(NOT_ASKED,))
def layered(sock: socket.socket, request: Request) -> None:
    import base64

    data = b"999990019" * 1000
    for _ in range(12):
        data = base64.b64encode(data)
    sock.sendall(answer(request, bundle(request, patient(photo=[{"data": data.decode()}]))))


@mode("xml-entity-bomb", says=(DOCTYPE,))
def laughs(sock: socket.socket, request: Request) -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    text = f'<!DOCTYPE x [<!ENTITY a0 "ha">{entities}]><Bundle xmlns="http://hl7.org/fhir">&a11;</Bundle>'
    sock.sendall(plain(text.encode(), XML))


@mode("xml-external-entity", says=(DOCTYPE,))
def external(sock: socket.socket, request: Request) -> None:
    text = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><Bundle xmlns="http://hl7.org/fhir">&e;</Bundle>'
    sock.sendall(plain(text.encode(), XML))


@mode(
    "xml-deep",
    says=(
        DEEP,
        NO_XML,
    ),
)
def xml_deep(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b'<Bundle xmlns="http://hl7.org/fhir">' + b"<a>" * 500_000, XML))


@mode(
    "xml-attributes",
    says=(
        LARGE,
        ATTRIBUTES,
    ),
)
def xml_attributes(sock: socket.socket, request: Request) -> None:
    text = '<Bundle xmlns="http://hl7.org/fhir" ' + " ".join(f'a{n}="1"' for n in range(200_000)) + "/>"
    sock.sendall(plain(text.encode(), XML))


@mode("cyclic-references", says=(NOT_ASKED,))
def cyclic(sock: socket.socket, request: Request) -> None:
    many = [
        patient(id=f"p{n}", link=[{"other": {"reference": f"Patient/p{(n + 1) % 2000}"}, "type": "seealso"}])
        for n in range(2000)
    ]  # fmt: skip
    sock.sendall(answer(request, bundle(request, *many)))


# --- pages --------------------------------------------------------------------------------------------------


@mode("next-link-to-itself", says=(PAGING,))
def next_self(sock: socket.socket, request: Request) -> None:
    sock.sendall(answer(request, bundle(request, patient(), following=whole(request), total=9)))


@mode("next-link-with-new-ids", says=(PAGING,))
def next_new(sock: socket.socket, request: Request) -> None:
    url = f"{bare(request)}?page={time.monotonic_ns()}"
    one = patient(id=f"p{time.monotonic_ns()}")
    sock.sendall(answer(request, bundle(request, one, following=url, total=10**9)))


@mode("next-link-that-grows", says=(PAGING,))
def next_grows(sock: socket.socket, request: Request) -> None:
    url = f"{whole(request)}{'&' if '?' in request.target else '?'}x={'y' * 500}"
    sock.sendall(answer(request, bundle(request, patient(), following=url, total=9)))


@mode(
    "next-link-elsewhere",
    says=(
        PAGING,
        ELSEWHERE,
    ),
)
def next_elsewhere(sock: socket.socket, request: Request) -> None:
    url = "https://vreemd.example/fhir/Patient?page=2"
    sock.sendall(answer(request, bundle(request, patient(), following=url, total=9)))


# --- redirects ----------------------------------------------------------------------------------------------


@mode("redirect-to-itself", "his", "authorize", "token", says=(REDIRECT,))
def redirect_self(sock: socket.socket, request: Request) -> None:
    sock.sendall(
        plain(b"", FHIR, "302 Found", f"Location: https://{request.headers.get('host')}{request.target}")
    )


@mode(
    "redirect-elsewhere",
    "his",
    "authorize",
    says=(
        REDIRECT,
        ELSEWHERE,
    ),
)
def redirect_elsewhere(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b"", FHIR, "302 Found", "Location: https://vreemd.example/"))


@mode("redirect-that-grows", "authorize", says=(REDIRECT,))
def redirect_grows(sock: socket.socket, request: Request) -> None:
    sock.sendall(
        plain(
            b"",
            FHIR,
            "302 Found",
            f"Location: {request.target}{'&' if '?' in request.target else '?'}n={'1' * 400}",
        )
    )


@mode(
    "redirect-to-file",
    "authorize",
    says=(
        REDIRECT,
        r"file:",
    ),
)
def redirect_file(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b"", FHIR, "302 Found", "Location: file:///etc/passwd"))


# --- wrong HTTP ---------------------------------------------------------------------------------------------


@mode(
    "length-too-long",
    "his",
    "resource",
    says=(
        SILENT,
        CUT,
    ),
)
def too_long(sock: socket.socket, request: Request) -> None:
    sock.sendall(head("200 OK", f"Content-Type: {FHIR}", "Content-Length: 5000") + b"{}")
    time.sleep(3600)


@mode(
    "length-too-short",
    says=(
        CUT,
        NO_JSON,
        NO_HTTP,
    ),
)
def too_short(sock: socket.socket, request: Request) -> None:
    sock.sendall(
        head("200 OK", f"Content-Type: {FHIR}", "Content-Length: 5") + json.dumps(bundle(request)).encode()
    )


@mode("two-lengths", says=(NO_HTTP,))
def two_lengths(sock: socket.socket, request: Request) -> None:
    sock.sendall(
        head("200 OK", f"Content-Type: {FHIR}", "Content-Length: 5", "Content-Length: 500") + b"{}   "
    )


@mode(
    "half-a-chunk",
    says=(
        CUT,
        CLOSED,
    ),
)
def half_chunk(sock: socket.socket, request: Request) -> None:
    sock.sendall(head("200 OK", f"Content-Type: {FHIR}", "Transfer-Encoding: chunked") + b"100\r\n{")


@mode(
    "closes-mid-body",
    "his",
    "token",
    says=(
        CUT,
        CLOSED,
    ),
)
def closes(sock: socket.socket, request: Request) -> None:
    sock.sendall(head("200 OK", f"Content-Type: {FHIR}", "Content-Length: 5000") + b"{")


@mode("closes-at-once", "his", "authorize", "token", says=(CLOSED,))
def closes_at_once(sock: socket.socket, request: Request) -> None:
    return


@mode("reset", "his", "token", says=(CLOSED,))
def reset(sock: socket.socket, request: Request) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    socket.socket.shutdown(sock, socket.SHUT_RD)


@mode("no-http", "his", "authorize", says=(NO_HTTP,))
def no_http(sock: socket.socket, request: Request) -> None:
    sock.sendall(b"\x00\xff" * 4096)


@mode("two-answers", says=(NOT_ASKED, r"(two|second|more than one) answers?"))
def two_answers(sock: socket.socket, request: Request) -> None:
    sock.sendall(answer(request, bundle(request)) * 2)


@mode(
    "header-injection",
    "his",
    "authorize",
    says=(
        NO_HTTP,
        NO_JSON,
        NO_PAGE,
    ),
)
def injection(sock: socket.socket, request: Request) -> None:
    lines = ("X-A: b\nSet-Cookie: evil=1", "Location: https://a.example/\r\n\r\n<script>")
    sock.sendall(plain(b"{}", FHIR, "200 OK", *lines))


@mode("nul-in-headers", says=(NO_HTTP,))
def nul(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b"{}", FHIR, "200 OK", "X-A: a\x00b"))


@mode("duplicate-headers", says=(r"content-type|text/html",))
def duplicates(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b"{}", FHIR, "200 OK", *["Content-Type: text/html"] * 500))


@mode("status-999", says=(r"\b999\b",))
def status_999(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b"{}", FHIR, "999 What"))


# --- busy ---------------------------------------------------------------------------------------------------


@mode("503-retry-after-huge", "his", "resource", says=(r"\b503\b",))
def busy(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b"", FHIR, "503 Service Unavailable", "Retry-After: 99999999999999"))


@mode("429-retry-after-one", "his", "resource", says=(r"\b429\b",))
def too_many(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b"", FHIR, "429 Too Many Requests", "Retry-After: 1"))


@mode("500-html", "his", "resource", "authorize", "token", says=(r"\b500\b",))
def html_500(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b"<html><h1>Oops" + b"<b>" * 100_000, "text/html", "500 Internal Server Error"))


# --- wrong content ------------------------------------------------------------------------------------------


@mode(
    "content-type-lie",
    says=(
        NO_JSON,
        NO_TEXT,
    ),
)
def lie(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b"%PDF-1.7\n" + bytes(range(256)) * 1000, FHIR))


@mode(
    "utf-16",
    says=(
        NO_JSON,
        NO_TEXT,
    ),
)
def utf16(sock: socket.socket, request: Request) -> None:
    body, kind = said(request, bundle(request, patient()))
    sock.sendall(plain(body.encode("utf-16"), kind))


@mode("byte-order-mark", says=(r"byte.order.mark|\bBOM\b",))
def bom(sock: socket.socket, request: Request) -> None:
    body, kind = said(request, bundle(request, patient()))
    sock.sendall(plain(b"\xef\xbb\xbf" + body.encode(), kind))


@mode("invalid-utf-8", says=(NO_TEXT,))
def invalid(sock: socket.socket, request: Request) -> None:
    body, kind = said(request, bundle(request, patient()))
    sock.sendall(plain(body.encode().replace(b"Ester", b"\xc3\x28\xff"), kind))


@mode("wrong-charset", says=(r"charset|klingon",))
def charset(sock: socket.socket, request: Request) -> None:
    body, kind = said(request, bundle(request, patient()))
    sock.sendall(plain(body.encode(), kind.replace("utf-8", "klingon-8")))


@mode("trailing-garbage", says=(NO_JSON,))
def trailing(sock: socket.socket, request: Request) -> None:
    body, kind = said(request, bundle(request, patient()))
    sock.sendall(plain(body.encode() + b"}}}garbage" * 1000, kind))


@mode(
    "half-characters",
    says=(
        NO_TEXT,
        NO_RESOURCE,
        r"\bPatient\b",
    ),
)
def surrogates(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b'{"resourceType":"Patient","id":"\\ud800","name":[{"family":"\\udfff"}]}', FHIR))


# --- pages of a login ---------------------------------------------------------------------------------------


def page(body: str, *more: str) -> bytes:
    return plain(
        f"<!DOCTYPE html><html><body>{body}</body></html>".encode(),
        "text/html; charset=utf-8",
        "200 OK",
        *more,
    )


@mode("login-page-forever", "authorize", says=(LOGIN,))
def login_forever(sock: socket.socket, request: Request) -> None:
    form = '<form method="post"><input name="person"><button name="action" value="login">In</button></form>'
    sock.sendall(page(f'<main data-step="login">{form}</main>'))


@mode(
    "landing-and-login-in-turns",
    "authorize",
    says=(
        LOGIN,
        r"landing",
    ),
)
def turns(sock: socket.socket, request: Request) -> None:
    step, action = ("login", "login") if request.method == "GET" else ("landing", "continue")
    form = (
        f'<form method="get"><input name="person"><button name="action" value="{action}">In</button></form>'
    )
    if request.method == "GET":
        form = form.replace('"get"', '"post"')
    sock.sendall(page(f'<main data-step="{step}">{form}</main>'))


@mode(
    "thousands-of-forms",
    "authorize",
    says=(
        NO_PAGE,
        r"\bforms?\b",
    ),
)
def many_forms(sock: socket.socket, request: Request) -> None:
    form = '<form method="post" action="?x"><input name="a" value="b"><button>x</button></form>'
    sock.sendall(page(form * 100_000))


@mode(
    "form-with-a-million-fields",
    "authorize",
    says=(
        LARGE,
        MANY,
        r"\bfields?\b",
    ),
)
def many_fields(sock: socket.socket, request: Request) -> None:
    fields = '<input name="a" value="b">' * 400_000
    sock.sendall(
        page(
            f'<main data-step="landing"><form method="post">{fields}<button name="action" value="continue">x</button></form></main>'
        )
    )


@mode(
    "cookie-flood",
    "authorize",
    says=(
        LARGE_HEAD,
        r"cookie",
    ),
)
def cookies(sock: socket.socket, request: Request) -> None:
    form = '<form method="post"><button name="action" value="continue">x</button></form>'
    flood = [f"Set-Cookie: c{time.monotonic_ns()}-{n}={'v' * 60}" for n in range(900)]
    sock.sendall(page(f'<main data-step="landing">{form}</main>', *flood))


@mode(
    "page-nested-deep",
    "authorize",
    says=(
        DEEP,
        NO_PAGE,
    ),
)
def page_deep(sock: socket.socket, request: Request) -> None:
    sock.sendall(page("<div>" * 1_000_000))


@mode(
    "refresh-for-ever",
    "authorize",
    says=(
        NO_PAGE,
        r"\brefresh\b",
    ),
)
def refresh(sock: socket.socket, request: Request) -> None:
    sock.sendall(page('<meta http-equiv="refresh" content="0"><p>wacht</p>', "Refresh: 0"))


# --- TLS ----------------------------------------------------------------------------------------------------

tls("hangs", SILENT)
tls("byte-a-second", SILENT)
tls("alert", r"alert|internal.error|handshake")
tls("no-tls", r"no TLS|not TLS|wrong.version|record layer|plain|TLS\b.{0,20}\bHTTP|HTTP instead")
tls("expired", r"expired|not valid (after|any more)|validity")
tls("wrong-host", r"host ?name|mismatch|not valid for|another (name|host)")
tls("untrusted", r"self.signed|issuer|untrusted|not trusted|trust")
tls("closes", CLOSED, r"\bEOF\b|TLS handshake")
