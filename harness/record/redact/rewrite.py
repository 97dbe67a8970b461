"""The second pass over an exchange: every learned or recognisable secret becomes its tag, with a fact.

Care data is the business of :mod:`harness.record.redact.people.care`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote, unquote_plus

import msgspec

from harness.core.run.exchanges import NOT_COMPARED, UNREAD, Headers, media_type
from harness.record.raw import RawExchange
from harness.record.redact import recognise
from harness.record.redact.hunt import MIN_HUNTED
from harness.record.redact.people.care import CareData, Side
from harness.record.redact.people.papers import is_pdf
from harness.record.redact.reading.readings import body_readings, readings
from harness.record.redact.replace import Replacing
from harness.record.redact.tag import TAG

_CHALLENGE: Final = ("realm", "scope", "error", "error_description", "error_uri")
"""Parameters of a Bearer challenge; their value stands in quotes."""


class Rewrite:
    """One exchange being rewritten."""

    def __init__(self, raw: RawExchange, replacing: Replacing, care: CareData) -> None:
        self._raw = raw
        self._replacing = replacing
        self._care = care

    def url(self, url: str, place: str, part: str) -> str:
        """A URL with its secret parameters replaced."""
        base, mark, rest = _split_query(url)
        if not mark:
            return self.text(url, f"{place}.path")
        pieces = re.split(r"([&;#?])", rest)
        for index in range(0, len(pieces), 2):
            name, separator, value = pieces[index].partition("=")
            kind = self._kind_of(unquote_plus(name)) if separator else None
            if kind and value:
                pieces[index] = (
                    f"{name}={self._replacing.value(kind, unquote_plus(value), f'{place}.{part}.{name}')}"
                )
            else:
                pieces[index] = self.text(pieces[index], f"{place}.{part}.{unquote_plus(name)}")
        whole = self.text(base, f"{place}.path") + mark + "".join(pieces)
        return self._replacing.text(whole, f"{place}.{part}")  # what lies across its parts

    def headers(self, headers: Headers, place: str) -> Headers:
        """Headers with secrets replaced; names and order stay."""
        done: list[tuple[str, str]] = []
        for name, value in headers:
            if value in recognise.LITERALS or (value.isdigit() and len(value) < MIN_HUNTED):
                done.append((name, value))
                continue
            lowered = name.lower()
            where = f"{place}.header.{lowered}"
            if place == "response" and len(value) >= MIN_HUNTED:
                self._care.look(readings(value), where)
            if lowered in ("location", "content-location", "referer", "refresh", "link"):
                text = self.url(value, f"{place}.header", lowered)
            elif lowered in ("cookie", "set-cookie", "authorization", "proxy-authorization") or (
                recognise.header_kind(lowered)
            ):
                text = value
                for kind, secret, whole in recognise.header_secrets(lowered, value):
                    head, _, tail = whole.rpartition(secret)  # a name may hold the word too
                    text = text.replace(whole, f"{head}{self._replacing.value(kind, secret, where)}{tail}", 1)
                if lowered == "set-cookie":
                    text = self._replacing.text(self._replacing.learned(text, where), where)  # its attributes
            else:
                text = self.text(value, where)
            done.append((name, text))
        return tuple(done)

    def body(self, body: bytes, headers: Headers, place: Side) -> bytes:
        """A body with secrets replaced; documents of declared persons keep their bytes."""
        if not body:
            return body
        kind = media_type(headers)
        if recognise.is_document(self._raw.interface, kind) or is_pdf(body):
            return self._care.body(body, kind, place, self.text)
        where = f"{place}.body"
        if place == "response":
            self._care.look(body_readings(body), where)
        text = recognise.decode(body)
        if "x-www-form-urlencoded" in kind:
            pieces = re.split(r"([&;])", text)
            for index in range(0, len(pieces), 2):
                name, separator, value = pieces[index].partition("=")
                found = self._kind_of(unquote_plus(name)) if separator else None
                if found and value:
                    tag = self._replacing.value(
                        found, unquote_plus(value), f"{place}.form.{unquote_plus(name)}"
                    )
                    pieces[index] = f"{name}={tag}"
            text = "".join(pieces)
        if self._raw.interface != "list":
            if "html" in kind and self._raw.person == "":
                return self._replacing.masked(text, where, NOT_COMPARED).encode()
            for one in reversed(recognise.written(text, self._raw.interface)):
                tag = self._replacing.value(one.kind, one.value, f"{where}.{one.name}")
                text = text[: one.start] + tag + text[one.end :]
        if "html" not in kind:
            text = recognise.JSON_PAIRS.sub(lambda match: self._json_pair(match, where), text)
        return recognise.encode(self.text(text, where))

    def text(self, text: str, place: str) -> str:
        """Free text: learned values, ``name=value`` pairs, JWTs, bearer tokens, keys, BSNs."""
        if not text:
            return text
        text = self._replacing.learned(text, place)
        if "KEY-----" in text:
            text = recognise.PRIVATE_KEY.sub(
                lambda match: self._replacing.value("key", match.group(), place), text
            )
        if "eyJ" in text:
            text = recognise.JWT.sub(lambda match: self._replacing.value("token", match.group(), place), text)
        if "bearer" in text.lower():
            text = recognise.BEARER.sub(lambda match: self._bearer(match, place), text)
        if recognise.has_pairs(text):
            text = recognise.PAIRS.sub(lambda match: self._pair(match, place), text)
        if self._care.values:
            text = self._replacing.of_people(text, self._care.values, place)
        return self._replacing.text(text, place)

    def notes(self, notes: Mapping[str, Any]) -> dict[str, Any]:
        """Notes of the driver, redacted, in plain JSON types."""
        result: dict[str, Any] = self._note(msgspec.json.decode(msgspec.json.encode(dict(notes))), "notes", 0)
        if self._care.documents:
            result["documents"] = self._note(self._care.documents, "notes", 0)
        if self._care.masked:
            result["masked"] = sorted(set(self._care.masked))
        if self._care.unread:
            result[UNREAD] = self._care.unread
        return result

    def _note(self, value: Any, place: str, depth: int) -> Any:
        if depth > 40:
            return None
        if isinstance(value, dict):
            return {
                key: self._replacing.value(kind, child, f"{place}.{key}")
                if isinstance(child, str) and child and (kind := recognise.kind_of(key, "resource"))
                else self._note(child, f"{place}.{key}", depth + 1)
                for key, child in value.items()
            }
        if isinstance(value, list):
            return [self._note(child, place, depth + 1) for child in value]
        return self.text(value, place) if isinstance(value, str) else value

    def without_people(self, url: str, headers: Headers, place: str) -> tuple[str, Headers]:
        """An address and headers without the persons whose values were masked in the bodies."""
        values = self._care.values
        if not values:
            return url, headers
        hide = self._replacing.of_people
        named = ((name, hide(text, values, f"{place}.header.{name.lower()}")) for name, text in headers)
        return hide(url, values, f"{place}.path"), tuple(named)

    # -- pieces ----------------------------------------------------------------------------------

    def _kind_of(self, name: str) -> str | None:
        return recognise.kind_of(name, self._raw.interface)

    def _bearer(self, match: re.Match[str], place: str) -> str:
        value = match.group(1)
        if not any(character.isdigit() for character in value) and value.lower() in (
            "error",
            "realm",
            "token",
        ):
            return match.group()
        if place.endswith("www-authenticate"):  # a challenge: its parameters are no credential (RFC 6750 3)
            name, equals, rest = value.partition("=")
            if equals and (rest or name.lower() in _CHALLENGE):
                return match.group()
        return match.group().replace(value, self._replacing.value("token", value, place))

    def _pair(self, match: re.Match[str], place: str) -> str:
        name, separator, value = match.groups()
        kind = self._kind_of(name)
        if not kind or TAG.match(value):
            return match.group()
        return f"{name}{separator}{self._replacing.value(kind, unquote(value), f'{place}.{name}')}"

    def _json_pair(self, match: re.Match[str], place: str) -> str:
        name, quoted, number = match.groups()
        kind = self._kind_of(name)
        if not kind:
            return match.group()
        value = number
        if quoted is not None:
            try:
                value = str(json.loads(f'"{quoted}"'))
            except ValueError:
                value = quoted
        if not value or TAG.fullmatch(value):
            return match.group()
        whole = match.group()
        return whole[: whole.index(":") + 1] + f'"{self._replacing.value(kind, value, f"{place}.{name}")}"'


def _split_query(url: str) -> tuple[str, str, str]:
    for index, character in enumerate(url):
        if character in "?#":
            return url[:index], character, url[index + 1 :]
    return url, "", ""
