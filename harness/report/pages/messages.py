"""The messages of a cell: a line of each cited one in the page, and all of them packed in a file beside it.

``cell-<name>.js`` holds every message of a cell, compressed, each body once; the page reads it when a reader
comes to the messages. So a page stays small, and works from ``file://`` without a server. Without script the
findings, the place that each points at, and the beginning of the first messages are there.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from harness.core.run.exchanges import Exchange, Headers, Tls, media_type
from harness.core.run.findings import Finding

EXCERPT: Final = 1_500
"""Characters of a cited message that stand in the page itself."""
MAX_CITED: Final = 2
"""Cited exchanges whose messages stand in the page itself; of others only the line does."""
MAX_BODY: Final = 60_000
"""Characters of a body that are shown, around the place of a finding; ``harness har`` gives the rest."""
AROUND: Final = 160
"""Characters on either side of the place that a finding points at."""
_TEXT_TYPES: Final = ("json", "xml", "text", "html", "x-www-form-urlencoded", "javascript")
_LONG: Final = 400
_PACKED: Final = re.compile(rf"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{{{_LONG},}}={{0,2}}")
_SIGNS: Final = bytes(
    120 if chr(code).isascii() and (chr(code).isalnum() or chr(code) in "+/_-") else 32 for code in range(256)
)
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


@dataclass(frozen=True)
class Place:
    """Where in a message a finding points.

    :ivar side: ``request`` or ``response``.
    :ivar offset: of the character in the body as it is shown.
    :ivar before: what stands before it, ``there`` the element itself, ``after`` what follows.
    """

    exchange: str
    side: str
    offset: int
    before: str
    there: str
    after: str


def cited_rows(exchanges: Iterable[Exchange], cited: AbstractSet[str]) -> Iterator[Row]:
    """The exchanges of a cell that its findings point at."""
    chosen = [item for item in exchanges if item.id in cited]
    for number, item in enumerate(chosen):
        request, response = _texts(item) if number < MAX_CITED else ("", "")
        yield Row(item, line(item), _cut(request), _cut(response))


def places(exchanges: Iterable[Exchange], findings: Iterable[Finding]) -> dict[str, Place]:
    """Where findings point, by finding id, as far as they name a line of a message that is text."""
    by_id = {item.id: item for item in exchanges}
    found = {}
    for item in findings:
        exchange = by_id.get(item.where.exchange)
        if exchange is not None and item.where.line and (place := _place(exchange, item)) is not None:
            found[item.id] = place
    return found


def _place(exchange: Exchange, item: Finding) -> Place | None:
    answer = exchange.response
    asked = item.party == exchange.client or answer is None
    message = exchange.request if asked or answer is None else answer
    text = _text(message.body, message.headers)
    offset = _offset(text, item.where.line, item.where.column) if text is not None else None
    if text is None or offset is None:
        return None
    shown = _Shown(text)
    at = shown.offset(offset)
    end = _end(shown.text, at)
    return Place(
        exchange=exchange.id,
        side="request" if asked else "response",
        offset=at,
        before=shown.text[max(0, at - AROUND) : at],
        there=shown.text[at:end],
        after=shown.text[end : end + AROUND],
    )


def _offset(text: str, line_number: int, column: int) -> int | None:
    """The character of a line and column that count from 1; ``None`` when there is no such line."""
    start = 0
    for _ in range(line_number - 1):
        start = text.find("\n", start) + 1
        if not start:
            return None
    return start + max(column - 1, 0) if start + column <= len(text) + 1 else None


def _end(text: str, start: int) -> int:
    """Where the element ends that starts at a character: a tag, or a name with its value."""
    found = re.compile(r'<[^>]*>|"[^"]*"\s*:\s*(?:"(?:[^"\\]|\\.)*"|[^\s,{}\[\]]+)|\S+').match(text, start)
    return min(found.end(), start + 2 * AROUND) if found else start


class _Shown:
    """A text as it is shown: long base64 shortened, and where a character of it went."""

    def __init__(self, text: str) -> None:
        self._cuts: list[tuple[int, int]] = []
        self.text = text
        if b"x" * _LONG in text.encode(errors="replace").translate(_SIGNS):  # few have any, and this is fast
            self._cuts = [(match.start() + _KEPT, match.end()) for match in _PACKED.finditer(text)]
            self.text = _PACKED.sub(_shortened, text)

    def offset(self, offset: int) -> int:
        """The place of a character of the whole text."""
        gone = 0
        for start, end in self._cuts:
            if offset < start:
                break
            note = len(f"…[{end - start + _KEPT}]")
            if offset < end:
                return start - gone
            gone += end - start - note
        return offset - gone


def data_file(exchanges: Iterable[Exchange], around: Mapping[str, int]) -> bytes:
    """The script with the messages of a cell: exchanges in their order, and each different body once.

    Packed piece by piece: the texts of a whole cell are some ten megabytes.

    :param around: per exchange the place in the body that has to be shown.
    """
    packer = zlib.compressobj(6, wbits=_GZIP)
    packed = bytearray(packer.compress(b'{"x":['))
    bodies = _Bodies()
    for number, item in enumerate(exchanges):
        comma = b"," if number else b""
        packed += packer.compress(comma + msgspec.json.encode(_shown(item, bodies, around.get(item.id, 0))))
    packed += packer.compress(b'],"b":[')
    for number, text in enumerate(bodies.texts):
        packed += packer.compress((b"," if number else b"") + msgspec.json.encode(text))
    packed += packer.compress(b"]}") + packer.flush()
    return b'cellData("' + base64.standard_b64encode(packed) + b'")\n'


class _Bodies:
    """The different bodies of a cell, each made readable once."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[bytes, str, int], list[int]] = {}
        self.texts: list[str] = []

    def number(self, data: bytes, headers: Headers, around: int) -> list[int]:
        """The number of a body and which character of it comes first; nothing for an empty one."""
        if not data:
            return []
        key = (data, media_type(headers), around)
        if key not in self._numbers:
            text, start = body_text(data, headers, around)
            self._numbers[key] = [len(self.texts), start]
            self.texts.append(text)
        return self._numbers[key]


def _shown(item: Exchange, bodies: _Bodies, around: int) -> dict[str, Any]:
    """What the page gets of an exchange; a body is its number."""
    asked, answer = item.request, item.response
    shown: dict[str, Any] = {
        "id": item.id,
        "f": item.flow,
        "o": item.operation,
        "c": item.client,
        "s": item.server,
        "m": asked.method,
        "u": asked.url,
        "h": asked.headers,
        "b": bodies.number(asked.body, asked.headers, around),
        "ms": round(item.duration * 1000),
        "tls": _tls(item.tls),
        "cert": int(item.tls is not None and item.tls.client is not None),
    }
    if answer is None:
        return shown | {"e": item.error}
    return shown | {
        "st": answer.status,
        "rh": answer.headers,
        "rb": bodies.number(answer.body, answer.headers, around),
    }


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
    return f"{head}\n{body_text(body, headers)[0]}" if body else head


def _text(body: bytes, headers: Headers) -> str | None:
    """A body that is text; ``None`` for what is not."""
    kind = media_type(headers)
    if kind and not any(part in kind for part in _TEXT_TYPES):
        return None
    return body.decode("utf-8", errors="replace")


def body_text(body: bytes, headers: Headers, around: int = 0) -> tuple[str, int]:
    """A message body for people, and which character of it comes first.

    Text is cut at a limit, long base64 shortened, and of what is no text only kind and size are told.

    :param around: a place that has to be in what is shown.
    """
    whole = _text(body, headers)
    if whole is None:
        return f"[{media_type(headers)}, {len(body)} bytes]", 0
    text = _Shown(whole).text
    if len(text) <= MAX_BODY:
        return text, 0
    start = max(0, min(around - MAX_BODY // 2, len(text) - MAX_BODY))
    return f"{text[start : start + MAX_BODY]}\n… ({len(body)} bytes)", start


def _shortened(match: re.Match[str]) -> str:
    return f"{match[0][:_KEPT]}…[{len(match[0])}]"


def _tls(tls: Tls | None) -> str:
    if tls is None:
        return ""
    client = f" · {', '.join(tls.client.dns_names)}" if tls.client is not None else ""
    return f"{tls.version} {tls.cipher} · SNI {tls.server_name}{client}"
