"""One exchange around its care data: which side is our own, and every place that is looked at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import unquote, unquote_plus

import msgspec

from harness.core.run.exchanges import Fact, Headers, media_type
from harness.record.raw import RawExchange
from harness.record.redact import recognise
from harness.record.redact.certificates import named
from harness.record.redact.holding.groups import tells
from harness.record.redact.replace import Replacing
from harness.record.redact.wire import addresses
from harness.record.redact.wire.bodies import PUBLISHED, body
from harness.record.redact.wire.familiar import Familiar, Heard
from harness.record.redact.wire.headers import NAMELESS, headers
from harness.record.redact.wire.speech import Speech, TooMuchSaidError

_NAMES: Final = rb"id|reference|fullUrl|url"
_KEPT: Final = re.compile(
    rb"\"(?:"
    + _NAMES
    + rb")\"\s*:\s*\"([^\"\\]{1,2000})\"|<(?:"
    + _NAMES
    + rb")\s+value\s*=\s*[\"']([^\"'<>]{1,2000})"
)
"""Ids and addresses in FHIR, in both formats."""
_BETWEEN: Final = re.compile(r"[/?&=;]")


class Around:
    """What stands around the care data of one exchange.

    :param familiar: ``None``: nobody said what is known, so that nothing is looked at.
    """

    def __init__(
        self,
        raw: RawExchange,
        replacing: Replacing,
        familiar: Familiar | None,
        heard: Heard,
        *,
        declared: bool,
    ) -> None:
        self._raw = raw
        self._heard = heard
        known = familiar or Familiar(alone=True)
        self._idle = known.alone
        self._asking = Speech(replacing, known, heard, raw.client in known.asking, declared)
        self._answering = Speech(replacing, known, heard, raw.server in known.answering, declared)
        self._told = Speech(replacing, known, heard, declared=declared)

    def request(self, url: str, given: Headers, said: bytes) -> tuple[str, Headers, bytes]:
        """The address, headers and body of the request."""
        if self._idle:
            return url, given, said
        speech = self._asking
        if speech.ours:
            addresses.sent(speech, url)
            if "x-www-form-urlencoded" in media_type(given):
                addresses.sent_pairs(speech, recognise.decode(said))
        url = addresses.address(speech, url, "request")
        said = self._body(speech, given, said, "request")
        return url, headers(speech, given, "request"), said

    def response(self, given: Headers, said: bytes) -> tuple[Headers, bytes]:
        """The headers and the body of the answer."""
        if self._idle:
            return given, said
        said = self._body(self._answering, given, said, "response")
        return headers(self._answering, given, "response"), said

    def placed(self, facts: Iterable[Fact]) -> tuple[Fact, ...]:
        """Facts whose places name nobody: names of parameters and headers are somebody's too."""
        return tuple(facts if self._idle else map(self._placed, facts))

    def _placed(self, fact: Fact) -> Fact:
        place, colon, path = fact.place.partition(":")
        if colon and not place.endswith(".body"):  # a colon of a name
            place, colon, path = fact.place, "", ""
        side, dot, name = place.partition(".")
        if side not in ("request", "response") or (self._told.stays(name) and not tells(name)):
            return fact
        part = re.match(r"(?:header\.[a-z-]+|[a-z]+)(?=\.)", name)
        known = part.group() if part is not None and self._told.stays(part.group()) else "header"
        return msgspec.structs.replace(fact, place=f"{side}{dot}{known}.{NAMELESS}{colon}{path}")

    def notes(self, notes: dict[str, Any]) -> dict[str, Any]:
        """What was noted of a page that was seen, and of a certificate that nobody verified."""
        if self._idle:
            return notes
        changed = dict(notes)
        if isinstance(page := notes.get("page"), dict):
            changed["page"] = self._noted(page)
        if isinstance(shaken := notes.get("handshake"), dict):
            changed["handshake"] = self._shaken(shaken)
        return changed

    def _shaken(self, facts: dict[str, Any]) -> dict[str, Any]:
        """The facts of a handshake that failed: what a client asked for and showed may be anything."""
        place = "notes.handshake"
        said = {**facts, "server_name": addresses.host(self._told, facts.get("server_name", ""), place)}
        if isinstance(shown := facts.get("presented"), dict):
            names = [addresses.host(self._told, name, place) for name in shown.get("dns_names", ())]
            issuer = named(shown.get("issuer", ""), place, self._told.replacing, self.certified)
            said["presented"] = {**shown, "dns_names": names, "issuer": issuer}
        return said

    def error(self, text: str) -> str:
        """What our client says of an exchange that failed, which may quote what it received."""
        return text if self._idle or not text else self._words(self._told, text, "error")

    def certified(self, name: str, place: str, *, host: bool) -> str:
        """A name in a certificate."""
        if self._idle:
            return name
        return addresses.host(self._told, name, place) if host else self._told.piece(name, place)

    def _body(self, speech: Speech, given: Headers, said: bytes, side: str) -> bytes:
        kind = media_type(given)
        if not said or self._raw.interface == PUBLISHED:
            return said
        if not recognise.is_document(self._raw.interface, kind):
            return body(speech, said, kind, f"{side}.text")
        if speech.declared:
            self._heard.kept(_addresses(said))
        return said

    def _noted(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._noted(child) for key, child in value.items()}
        if isinstance(value, list):
            return [self._noted(child) for child in value]
        return self._words(self._answering, value, "notes.page") if isinstance(value, str) else value

    @staticmethod
    def _words(speech: Speech, text: str, place: str) -> str:
        try:
            return speech.words(text, place)
        except TooMuchSaidError:
            return speech.tag(text, place)


def _addresses(document: bytes) -> Iterator[str]:
    """The ids and addresses that stand in a document as it is written, and their parts."""
    for found in _KEPT.finditer(document):
        value = recognise.decode(found.group(1) or found.group(2)).replace("&amp;", "&")
        yield value
        for part in _BETWEEN.split(value):
            if part != value:
                yield unquote_plus(part)
                yield unquote(part)
