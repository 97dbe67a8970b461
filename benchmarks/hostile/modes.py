"""What a hostile server does with a request, by name. Standard library only.

A mode gets the connection and the request, and does its worst. Where a mode makes sense is said with it:
``his`` behind our own DVZA, ``resource`` of a DVZA, its ``authorize`` pages, its ``token`` endpoint.
"""

from __future__ import annotations

import gzip
import itertools
import json
import socket
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

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
    """

    name: str
    places: tuple[str, ...]
    attack: Attack | None = None
    tls: str = ""
    cases: list[str] = field(default_factory=list)


MODES: dict[str, Mode] = {}
DATA = ("his",)


def mode(name: str, *places: str) -> Callable[[Attack], Attack]:
    def add(attack: Attack) -> Attack:
        MODES[name] = Mode(name, places or DATA, attack)
        return attack

    return add


def tls(name: str) -> None:
    MODES[f"tls-{name}"] = Mode(f"tls-{name}", ("his", "authorize"), tls=name)


# --- helpers ------------------------------------------------------------------------------------------------


def head(status: str, *lines: str) -> bytes:
    return CRLF.join([f"HTTP/1.1 {status}".encode(), *(line.encode("latin-1") for line in lines), b"", b""])


def plain(body: bytes, kind: str = FHIR, status: str = "200 OK", *more: str) -> bytes:
    return head(status, f"Content-Type: {kind}", f"Content-Length: {len(body)}", *more) + body


def kind_of(request: Request) -> str:
    return "xml" if "xml" in request.headers.get("accept", "") else "json"


def patient() -> dict:
    return {
        "resourceType": "Patient",
        "id": "p1",
        "name": [{"family": "Ester"}],
        "birthDate": "1970-01-31",
        "identifier": [{"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": "999990019"}],
    }


def bundle(*resources: dict, link: list | None = None, total: int | None = None) -> dict:
    entries = [
        {"fullUrl": f"https://h.example/fhir/{item['resourceType']}/{item['id']}", "resource": item,
         "search": {"mode": "match"}}
        for item in resources
    ]  # fmt: skip
    made = {"resourceType": "Bundle", "type": "searchset", "total": len(entries) if total is None else total}
    return {**made, "link": link or [], "entry": entries}


def answer(value: object, *more: str) -> bytes:
    return plain(json.dumps(value).encode(), FHIR, "200 OK", *more)


def drip(sock: socket.socket, parts: Iterator[bytes], pause: float = 1.0) -> None:
    for part in parts:
        sock.sendall(part)
        time.sleep(pause)


def forever(sock: socket.socket, part: bytes) -> None:
    while True:
        sock.sendall(part)


def bare(request: Request) -> str:
    return f"https://{request.headers.get('host', 'h.example')}{request.path}"


# --- silence and slowness -----------------------------------------------------------------------------------


@mode("never-answers", "his", "resource", "authorize", "token")
def never(sock: socket.socket, request: Request) -> None:
    time.sleep(3600)


@mode("byte-a-second-head", "his", "authorize", "token")
def slow_head(sock: socket.socket, request: Request) -> None:
    drip(sock, (bytes([one]) for one in itertools.chain(head("200 OK", "X: y")[:-2], itertools.cycle(b"a"))))


@mode("byte-a-second-body", "his", "resource", "authorize", "token")
def slow_body(sock: socket.socket, request: Request) -> None:
    sock.sendall(head("200 OK", f"Content-Type: {FHIR}", "Content-Length: 100000"))
    drip(sock, itertools.repeat(b" "))


@mode("slow-but-whole", "his")
def tardy(sock: socket.socket, request: Request) -> None:
    time.sleep(9)
    sock.sendall(answer(bundle()))


# --- endless ------------------------------------------------------------------------------------------------


@mode("endless-body", "his", "authorize", "token")
def endless_body(sock: socket.socket, request: Request) -> None:
    sock.sendall(head("200 OK", f"Content-Type: {FHIR}", "Connection: close"))
    forever(sock, CHUNK)


@mode("endless-headers", "his", "authorize")
def endless_headers(sock: socket.socket, request: Request) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in itertools.count():
        sock.sendall(f"X-{number}: {'v' * 200}\r\n".encode())


@mode("endless-header-line")
def endless_line(sock: socket.socket, request: Request) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    forever(sock, CHUNK)


@mode("endless-chunked")
def endless_chunked(sock: socket.socket, request: Request) -> None:
    sock.sendall(head("200 OK", f"Content-Type: {FHIR}", "Transfer-Encoding: chunked"))
    forever(sock, b"10000\r\n" + CHUNK + CRLF)


@mode("endless-tiny-chunks")
def endless_tiny(sock: socket.socket, request: Request) -> None:
    sock.sendall(head("200 OK", f"Content-Type: {FHIR}", "Transfer-Encoding: chunked"))
    forever(sock, b"1\r\nx\r\n" * 2000)


@mode("endless-chunk-extension")
def endless_extension(sock: socket.socket, request: Request) -> None:
    sock.sendall(head("200 OK", f"Content-Type: {FHIR}", "Transfer-Encoding: chunked") + b"1;")
    forever(sock, CHUNK)


@mode("continue-forever", "his", "token")
def continues(sock: socket.socket, request: Request) -> None:
    forever(sock, b"HTTP/1.1 100 Continue\r\n\r\n" * 500)


@mode("early-hints-a-second")
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


@mode("gzip-bomb", "his", "authorize", "token")
def gzip_bomb(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(packed("gzip-bomb"), FHIR, "200 OK", "Content-Encoding: gzip"))


@mode("deflate-bomb")
def deflate_bomb(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(packed("deflate-bomb"), FHIR, "200 OK", "Content-Encoding: deflate"))


@mode("gzip-below-the-limit")
def gzip_large(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(packed("gzip-below-the-limit"), FHIR, "200 OK", "Content-Encoding: gzip"))


@mode("gzip-gzip-gzip")
def gzip_thrice(sock: socket.socket, request: Request) -> None:
    body = gzip.compress(gzip.compress(gzip.compress(b"{}")))
    sock.sendall(plain(body, FHIR, "200 OK", "Content-Encoding: gzip, gzip, gzip"))


@mode("nested-json", "his", "token")
def nested(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b"[" * 1_000_000, FHIR))


@mode("nested-extensions")
def nested_extensions(sock: socket.socket, request: Request) -> None:
    text = '{"resourceType":"Patient","id":"p"' + ',"extension":[{"url":"urn:a"' * 400 + "}]" * 400 + "}"
    sock.sendall(plain(text.encode(), FHIR))


@mode("huge-numbers", "his", "token")
def huge_numbers(sock: socket.socket, request: Request) -> None:
    text = '{"resourceType":"Bundle","type":"searchset","total":%s,"expires_in":1e999999999}' % (
        "9" * 1_000_000
    )
    sock.sendall(plain(text.encode(), FHIR))


@mode("huge-bundle")
def huge_bundle(sock: socket.socket, request: Request) -> None:
    sock.sendall(answer(bundle(*({**patient(), "id": f"p{n}"} for n in range(60_000)))))


@mode("large-bundle")
def large_bundle(sock: socket.socket, request: Request) -> None:
    sock.sendall(answer(bundle(*({**patient(), "id": f"p{n}"} for n in range(9_000)))))


@mode("one-long-text")
def long_text(sock: socket.socket, request: Request) -> None:
    sock.sendall(answer(bundle({**patient(), "language": "a" * (16 << 20)})))


@mode("many-digits")
def many_digits(sock: socket.socket, request: Request) -> None:
    sock.sendall(answer(bundle({**patient(), "language": "999990019 " * 400_000})))


@mode("percent-escapes", "his", "authorize")
def escapes(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b"%41%42" * (3 << 20), FHIR))


@mode("base64-in-base64")
def layered(sock: socket.socket, request: Request) -> None:
    import base64

    data = b"999990019" * 1000
    for _ in range(12):
        data = base64.b64encode(data)
    sock.sendall(answer(bundle({**patient(), "photo": [{"data": data.decode()}]})))


@mode("xml-entity-bomb")
def laughs(sock: socket.socket, request: Request) -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    text = f'<!DOCTYPE x [<!ENTITY a0 "ha">{entities}]><Bundle xmlns="http://hl7.org/fhir">&a11;</Bundle>'
    sock.sendall(plain(text.encode(), XML))


@mode("xml-external-entity")
def external(sock: socket.socket, request: Request) -> None:
    text = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><Bundle xmlns="http://hl7.org/fhir">&e;</Bundle>'
    sock.sendall(plain(text.encode(), XML))


@mode("xml-deep")
def xml_deep(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b'<Bundle xmlns="http://hl7.org/fhir">' + b"<a>" * 500_000, XML))


@mode("xml-attributes")
def xml_attributes(sock: socket.socket, request: Request) -> None:
    text = '<Bundle xmlns="http://hl7.org/fhir" ' + " ".join(f'a{n}="1"' for n in range(200_000)) + "/>"
    sock.sendall(plain(text.encode(), XML))


@mode("cyclic-references")
def cyclic(sock: socket.socket, request: Request) -> None:
    many = [
        {**patient(), "id": f"p{n}", "link": [{"other": {"reference": f"Patient/p{(n + 1) % 2000}"}, "type": "seealso"}]}
        for n in range(2000)
    ]  # fmt: skip
    sock.sendall(answer(bundle(*many)))


# --- pages --------------------------------------------------------------------------------------------------


@mode("next-link-to-itself")
def next_self(sock: socket.socket, request: Request) -> None:
    url = f"https://{request.headers.get('host')}{request.target}"
    sock.sendall(answer(bundle(patient(), link=[{"relation": "next", "url": url}], total=9)))


@mode("next-link-with-new-ids")
def next_new(sock: socket.socket, request: Request) -> None:
    url = f"{bare(request)}?page={time.monotonic_ns()}"
    one = {**patient(), "id": f"p{time.monotonic_ns()}"}
    sock.sendall(answer(bundle(one, link=[{"relation": "next", "url": url}], total=10**9)))


@mode("next-link-that-grows")
def next_grows(sock: socket.socket, request: Request) -> None:
    url = f"https://{request.headers.get('host')}{request.target}{'&' if '?' in request.target else '?'}x={'y' * 500}"
    sock.sendall(answer(bundle(patient(), link=[{"relation": "next", "url": url}], total=9)))


@mode("next-link-elsewhere")
def next_elsewhere(sock: socket.socket, request: Request) -> None:
    link = [{"relation": "next", "url": "https://vreemd.example/fhir/Patient?page=2"}]
    sock.sendall(answer(bundle(patient(), link=link, total=9)))


# --- redirects ----------------------------------------------------------------------------------------------


@mode("redirect-to-itself", "his", "authorize", "token")
def redirect_self(sock: socket.socket, request: Request) -> None:
    sock.sendall(
        plain(b"", FHIR, "302 Found", f"Location: https://{request.headers.get('host')}{request.target}")
    )


@mode("redirect-elsewhere", "his", "authorize")
def redirect_elsewhere(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b"", FHIR, "302 Found", "Location: https://vreemd.example/"))


@mode("redirect-that-grows", "authorize")
def redirect_grows(sock: socket.socket, request: Request) -> None:
    sock.sendall(
        plain(
            b"",
            FHIR,
            "302 Found",
            f"Location: {request.target}{'&' if '?' in request.target else '?'}n={'1' * 400}",
        )
    )


@mode("redirect-to-file", "authorize")
def redirect_file(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b"", FHIR, "302 Found", "Location: file:///etc/passwd"))


# --- wrong HTTP ---------------------------------------------------------------------------------------------


@mode("length-too-long", "his", "resource")
def too_long(sock: socket.socket, request: Request) -> None:
    sock.sendall(head("200 OK", f"Content-Type: {FHIR}", "Content-Length: 5000") + b"{}")
    time.sleep(3600)


@mode("length-too-short")
def too_short(sock: socket.socket, request: Request) -> None:
    sock.sendall(head("200 OK", f"Content-Type: {FHIR}", "Content-Length: 5") + json.dumps(bundle()).encode())


@mode("two-lengths")
def two_lengths(sock: socket.socket, request: Request) -> None:
    sock.sendall(
        head("200 OK", f"Content-Type: {FHIR}", "Content-Length: 5", "Content-Length: 500") + b"{}   "
    )


@mode("half-a-chunk")
def half_chunk(sock: socket.socket, request: Request) -> None:
    sock.sendall(head("200 OK", f"Content-Type: {FHIR}", "Transfer-Encoding: chunked") + b"100\r\n{")


@mode("closes-mid-body", "his", "token")
def closes(sock: socket.socket, request: Request) -> None:
    sock.sendall(head("200 OK", f"Content-Type: {FHIR}", "Content-Length: 5000") + b"{")


@mode("closes-at-once", "his", "authorize", "token")
def closes_at_once(sock: socket.socket, request: Request) -> None:
    return


@mode("reset", "his", "token")
def reset(sock: socket.socket, request: Request) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    socket.socket.shutdown(sock, socket.SHUT_RD)


@mode("no-http", "his", "authorize")
def no_http(sock: socket.socket, request: Request) -> None:
    sock.sendall(b"\x00\xff" * 4096)


@mode("two-answers")
def two_answers(sock: socket.socket, request: Request) -> None:
    sock.sendall(answer(bundle()) * 2)


@mode("header-injection", "his", "authorize")
def injection(sock: socket.socket, request: Request) -> None:
    lines = ("X-A: b\nSet-Cookie: evil=1", "Location: https://a.example/\r\n\r\n<script>")
    sock.sendall(plain(b"{}", FHIR, "200 OK", *lines))


@mode("nul-in-headers")
def nul(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b"{}", FHIR, "200 OK", "X-A: a\x00b"))


@mode("duplicate-headers")
def duplicates(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b"{}", FHIR, "200 OK", *["Content-Type: text/html"] * 500))


@mode("status-999")
def status_999(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b"{}", FHIR, "999 What"))


# --- busy ---------------------------------------------------------------------------------------------------


@mode("503-retry-after-huge", "his", "resource")
def busy(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b"", FHIR, "503 Service Unavailable", "Retry-After: 99999999999999"))


@mode("429-retry-after-one", "his", "resource")
def too_many(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b"", FHIR, "429 Too Many Requests", "Retry-After: 1"))


@mode("500-html", "his", "resource", "authorize", "token")
def html_500(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b"<html><h1>Oops" + b"<b>" * 100_000, "text/html", "500 Internal Server Error"))


# --- wrong content ------------------------------------------------------------------------------------------


@mode("content-type-lie")
def lie(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b"%PDF-1.7\n" + bytes(range(256)) * 1000, FHIR))


@mode("utf-16")
def utf16(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(json.dumps(bundle(patient())).encode("utf-16"), FHIR))


@mode("byte-order-mark")
def bom(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(b"\xef\xbb\xbf" + json.dumps(bundle(patient())).encode(), FHIR))


@mode("invalid-utf-8")
def invalid(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(json.dumps(bundle(patient())).encode().replace(b"Ester", b"\xc3\x28\xff"), FHIR))


@mode("wrong-charset")
def charset(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(json.dumps(bundle(patient())).encode(), "application/fhir+json; charset=klingon-8"))


@mode("trailing-garbage")
def trailing(sock: socket.socket, request: Request) -> None:
    sock.sendall(plain(json.dumps(bundle(patient())).encode() + b"}}}garbage" * 1000, FHIR))


@mode("half-characters")
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


@mode("login-page-forever", "authorize")
def login_forever(sock: socket.socket, request: Request) -> None:
    form = '<form method="post"><input name="person"><button name="action" value="login">In</button></form>'
    sock.sendall(page(f'<main data-step="login">{form}</main>'))


@mode("landing-and-login-in-turns", "authorize")
def turns(sock: socket.socket, request: Request) -> None:
    step, action = ("login", "login") if request.method == "GET" else ("landing", "continue")
    form = (
        f'<form method="get"><input name="person"><button name="action" value="{action}">In</button></form>'
    )
    if request.method == "GET":
        form = form.replace('"get"', '"post"')
    sock.sendall(page(f'<main data-step="{step}">{form}</main>'))


@mode("thousands-of-forms", "authorize")
def many_forms(sock: socket.socket, request: Request) -> None:
    form = '<form method="post" action="?x"><input name="a" value="b"><button>x</button></form>'
    sock.sendall(page(form * 100_000))


@mode("form-with-a-million-fields", "authorize")
def many_fields(sock: socket.socket, request: Request) -> None:
    fields = '<input name="a" value="b">' * 400_000
    sock.sendall(
        page(
            f'<main data-step="landing"><form method="post">{fields}<button name="action" value="continue">x</button></form></main>'
        )
    )


@mode("cookie-flood", "authorize")
def cookies(sock: socket.socket, request: Request) -> None:
    form = '<form method="post"><button name="action" value="continue">x</button></form>'
    flood = [f"Set-Cookie: c{time.monotonic_ns()}-{n}={'v' * 60}" for n in range(900)]
    sock.sendall(page(f'<main data-step="landing">{form}</main>', *flood))


@mode("page-nested-deep", "authorize")
def page_deep(sock: socket.socket, request: Request) -> None:
    sock.sendall(page("<div>" * 1_000_000))


@mode("refresh-for-ever", "authorize")
def refresh(sock: socket.socket, request: Request) -> None:
    sock.sendall(page('<meta http-equiv="refresh" content="0"><p>wacht</p>', "Refresh: 0"))


# --- TLS ----------------------------------------------------------------------------------------------------

for _name in ("hangs", "byte-a-second", "alert", "no-tls", "expired", "wrong-host", "untrusted", "closes"):
    tls(_name)
