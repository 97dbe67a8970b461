"""The first pass over an exchange: every secret that stands in a recognisable place is remembered.

Places are query, form, JSON, headers and HTML inputs; what the driver says that it minted
(:class:`~harness.record.raw.Known`) comes first. Only what is no ordinary word is remembered
(:mod:`harness.record.redact.hunt`).
"""

from __future__ import annotations

import json
import re
from urllib.parse import unquote, unquote_plus

from harness.core.run.exchanges import media_type
from harness.record.raw import RawExchange
from harness.record.redact import recognise
from harness.record.redact.tag import TAG, Secrets


def learn(raw: RawExchange, secrets: Secrets) -> None:
    """Remember the secrets of an exchange."""
    for known in raw.known:
        secrets.remember(known.kind, known.value, raw.cell, announced=True)
    _Learning(raw, secrets).run()


class _Learning:
    """One exchange being read."""

    def __init__(self, raw: RawExchange, secrets: Secrets) -> None:
        self._raw = raw
        self._secrets = secrets

    def run(self) -> None:
        """URL, headers and bodies; bodies that are care data teach nothing."""
        raw = self._raw
        self._text(raw.url)
        for headers in (raw.request_headers, raw.response_headers):
            for name, value in headers:
                if value not in recognise.LITERALS:
                    self._header(name.lower(), value)
        for body, headers in (
            (raw.request_body, raw.request_headers),
            (raw.response_body, raw.response_headers),
        ):
            kind = media_type(headers)
            if body and not recognise.is_document(raw.interface, kind):
                self._body(body, kind)

    def _remember(self, kind: str, value: str) -> None:
        self._secrets.remember(kind, value, self._raw.cell)

    def _kind_of(self, name: str) -> str | None:
        return recognise.kind_of(name, self._raw.interface)

    def _text(self, text: str) -> None:
        query = re.split(r"[?#]", text, maxsplit=1)
        if len(query) > 1:
            for name, value in recognise.query_pairs(query[1].replace("#", "&").replace("?", "&")):
                kind = self._kind_of(name)
                if kind:
                    self._remember(kind, unquote_plus(value))
        for match in recognise.pairs(text):
            kind = self._kind_of(match.group(1))
            if kind and not TAG.match(match.group(3)):
                self._remember(kind, unquote(match.group(3)))
        for match in recognise.JWT.finditer(text) if "eyJ" in text else ():
            self._remember("token", match.group())

    def _header(self, name: str, value: str) -> None:
        for kind, secret, _ in recognise.header_secrets(name, value):
            self._remember(kind, secret)
        if name not in ("authorization", "proxy-authorization", "cookie", "set-cookie"):
            self._text(value)

    def _body(self, body: bytes, kind: str) -> None:
        text = recognise.decode(body)
        if "x-www-form-urlencoded" in kind:
            for name, value in recognise.query_pairs(text):
                found = self._kind_of(name)
                if found:
                    self._remember(found, unquote_plus(value))
        if "json" in kind or text[:1] in "{[":
            try:
                document = json.loads(text)
            except (ValueError, RecursionError):
                document = None
            for found, _, value in recognise.json_secrets(document, self._raw.interface):
                self._remember(found, value)
        if self._raw.interface != "list":
            for one in recognise.written(text, self._raw.interface):
                if self._kind_of(one.name) in (None, one.kind):  # else it may be one of the page's own
                    self._remember(one.kind, one.value)
        self._text(text)
