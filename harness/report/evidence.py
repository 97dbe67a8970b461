"""What a cell page shows of the exchanges: the cited ones in the page, all of them packed beside it.

``cell-<name>.js`` holds every message of a cell, compressed; the page reads it when a reader asks for more.
So a page stays small, and works from ``file://`` without a server. Without script the findings and the
beginning of what they cite are there.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

import msgspec

from harness.core.run.exchanges import Exchange, Headers, Tls, media_type

EXCERPT: Final = 1_500
"""Characters of a cited message that stand in the page itself."""
MAX_CITED: Final = 40
"""Cited exchanges whose messages stand in the page itself; of others only the line does."""
MAX_BODY: Final = 60_000
"""Bytes of a body that are shown; ``harness har`` gives the rest."""
_TEXT_TYPES: Final = ("json", "xml", "text", "html", "x-www-form-urlencoded", "javascript")
_PACKED: Final = re.compile(r"[A-Za-z0-9+/_-]{400,}={0,2}")
_KEPT: Final = 60
_GZIP: Final = 31
"""What zlib calls a gzip file with its largest window; it holds no time."""


@dataclass(frozen=True)
class Row:
    """One cited exchange on a page.

    :ivar request: the beginning of the request, ``""`` when it does not stand in the page; so ``response``.
    """

    exchange: Exchange
    line: str
    request: str
    response: str


def cited_rows(exchanges: Iterable[Exchange], cited: AbstractSet[str]) -> Iterator[Row]:
    """The exchanges of a cell that its findings point at."""
    chosen = [item for item in exchanges if item.id in cited]
    for number, item in enumerate(chosen):
        request, response = _texts(item) if number < MAX_CITED else ("", "")
        yield Row(item, line(item), _cut(request), _cut(response))


def data_file(exchanges: Iterable[Exchange]) -> bytes:
    """The script with the messages of a cell: by exchange id line, request, response, TLS, milliseconds.

    Packed piece by piece: the texts of a whole cell are some ten megabytes.
    """
    packer = zlib.compressobj(9, wbits=_GZIP)
    packed = bytearray(packer.compress(b"{"))
    for number, item in enumerate(exchanges):
        shown = (line(item), *_texts(item), _tls(item.tls), round(item.duration * 1000))
        comma = b"," if number else b""
        packed += packer.compress(comma + msgspec.json.encode({item.id: shown})[1:-1])
    packed += packer.compress(b"}") + packer.flush()
    return b'cellData("' + base64.standard_b64encode(packed) + b'")\n'


def line(item: Exchange) -> str:
    """An exchange in one line: who, what, the answer, and what it was for."""
    answer = str(item.response.status) if item.response is not None else item.error
    asked = f"{item.request.method} {item.request.url}"
    return f"{item.client} → {item.server} {asked} · {answer} · {item.flow}/{item.operation}"


def _cut(text: str) -> str:
    return text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…"


def _texts(item: Exchange) -> tuple[str, str]:
    """Request and response as text; of a response that did not come, why."""
    asked, answer = item.request, item.response
    request = f"{asked.method} {asked.url}\n{_message(asked.headers, asked.body)}"
    if answer is None:
        return request, item.error
    return request, f"{answer.status}\n{_message(answer.headers, answer.body)}"


def _message(headers: Headers, body: bytes) -> str:
    head = "".join(f"{name}: {value}\n" for name, value in headers)
    return f"{head}\n{body_text(body, headers)}" if body else head


def body_text(body: bytes, headers: Headers) -> str:
    """A message body for people: text cut at a limit, long base64 shortened, binary described."""
    kind = media_type(headers)
    if kind and not any(part in kind for part in _TEXT_TYPES):
        return f"[{kind}, {len(body)} bytes]"
    text = _PACKED.sub(_shortened, body.decode("utf-8", errors="replace"))
    return text if len(text) <= MAX_BODY else f"{text[:MAX_BODY]}\n… ({len(body)} bytes)"


def _shortened(match: re.Match[str]) -> str:
    return f"{match[0][:_KEPT]}…[{len(match[0])}]"


def _tls(tls: Tls | None) -> str:
    if tls is None:
        return ""
    client = f" · {', '.join(tls.client.dns_names)}" if tls.client is not None else ""
    return f"{tls.version} {tls.cipher} · SNI {tls.server_name}{client}"
