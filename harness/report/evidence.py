"""What a cell page shows of the exchanges: a line of each, the cited ones as text, the rest packed beside it.

The texts of all messages of a cell stand once, compressed, in ``cell-<name>.js``; the page reads it when a
reader opens an exchange. So a page stays small, and works from ``file://`` without a server.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

import msgspec

from harness.core.run.exchanges import Exchange, Headers, Tls, media_type

EXCERPT: Final = 1_500
"""Characters of a cited message that stand in the page itself."""
MAX_CITED: Final = 40
"""Cited exchanges whose messages stand in the page itself."""
MAX_BODY: Final = 20_000
"""Bytes of a body that are shown; ``harness har`` gives the rest."""
_TEXT_TYPES: Final = ("json", "xml", "text", "html", "x-www-form-urlencoded", "javascript")


@dataclass(frozen=True)
class Row:
    """One exchange on a page.

    :ivar request: the beginning of the request when the exchange is cited, else ``""``; so ``response``.
    """

    exchange: Exchange
    cited: bool
    request: str
    response: str


def rows(exchanges: Iterable[Exchange], cited: AbstractSet[str]) -> Iterator[Row]:
    """The exchanges of a cell as they stand on its page."""
    shown = 0
    for item in exchanges:
        inline = item.id in cited and shown < MAX_CITED
        shown += inline
        request, response = _texts(item) if inline else ("", "")
        yield Row(item, item.id in cited, _cut(request), _cut(response))


def data_file(exchanges: Iterable[Exchange]) -> bytes:
    """The script that holds the messages of a cell: by exchange id the request, the response, the rest."""
    content = {item.id: (*_texts(item), _tls(item.tls), round(item.duration * 1000)) for item in exchanges}
    packed = gzip.compress(msgspec.json.encode(content), 9, mtime=0)
    return b'cellData("' + base64.standard_b64encode(packed) + b'")\n'


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
    """A message body for people: text cut at a limit, binary described."""
    kind = media_type(headers)
    if kind and not any(part in kind for part in _TEXT_TYPES):
        return f"[{kind}, {len(body)} bytes]"
    text = body[:MAX_BODY].decode("utf-8", errors="replace")
    return text if len(body) <= MAX_BODY else f"{text}\n… ({len(body)} bytes)"


def _tls(tls: Tls | None) -> str:
    if tls is None:
        return ""
    client = f" · {', '.join(tls.client.dns_names)}" if tls.client is not None else ""
    return f"{tls.version} {tls.cipher} · SNI {tls.server_name}{client}"
