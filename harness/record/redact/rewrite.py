"""The second pass over an exchange: every learned or recognisable secret becomes its tag, with a fact.

FHIR documents and PDFs of declared test persons keep every byte, except for learned secrets; documents of
anybody else are masked (:mod:`harness.record.redact.persons`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote, unquote_plus

import msgspec

from harness.core.run.exchanges import Fact, Headers, media_type
from harness.record.raw import RawExchange
from harness.record.redact import recognise
from harness.record.redact.facts import alphabet, eleven_test, entropy_bits
from harness.record.redact.persons import Persons, mask_document
from harness.record.redact.tag import MIN_LEARNED, TAG, Tags, kind_of_tag

_WORD: Final = re.compile(r"[A-Za-z0-9._~%+/=-]{6,4096}")


class Rewrite:
    """One exchange being rewritten.

    :ivar facts: what may be known of each value that was replaced, in order.
    """

    def __init__(self, raw: RawExchange, tags: Tags, persons: Persons) -> None:
        self.facts: list[Fact] = []
        self._raw = raw
        self._tags = tags
        self._persons = persons
        self._equals = {known.value: known.name for known in raw.known if known.name}
        self._embedded = tags.secrets.embedded(raw.cell)
        self._masked: list[str] = []

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
                pieces[index] = f"{name}={self._replace(kind, unquote_plus(value), f'{place}.{part}.{name}')}"
            else:
                pieces[index] = self.text(pieces[index], f"{place}.{part}.{unquote_plus(name)}")
        return self.text(base, f"{place}.path") + mark + "".join(pieces)

    def headers(self, headers: Headers, place: str) -> Headers:
        """Headers with secrets replaced; names and order stay."""
        done: list[tuple[str, str]] = []
        for name, value in headers:
            if value in recognise.LITERALS or (value.isdigit() and len(value) < MIN_LEARNED):
                done.append((name, value))
                continue
            lowered = name.lower()
            where = f"{place}.header.{lowered}"
            if lowered in ("location", "content-location", "referer", "refresh", "link"):
                text = self.url(value, f"{place}.header", lowered)
            elif lowered in ("cookie", "set-cookie", "authorization", "proxy-authorization") or (
                lowered in recognise.SECRET_HEADERS
            ):
                text = value
                for kind, secret, whole in recognise.header_secrets(lowered, value):
                    text = text.replace(whole, whole.replace(secret, self._replace(kind, secret, where)), 1)
            else:
                text = self.text(value, where)
            done.append((name, text))
        return tuple(done)

    def body(self, body: bytes, headers: Headers, place: str) -> bytes:
        """A body with secrets replaced; documents of declared persons keep their bytes."""
        if not body:
            return body
        kind = media_type(headers)
        if recognise.is_document(self._raw.interface, kind):
            return self._document(body, kind, f"{place}.body")
        where = f"{place}.body"
        text = recognise.decode(body)
        if "x-www-form-urlencoded" in kind:
            pieces = re.split(r"([&;])", text)
            for index in range(0, len(pieces), 2):
                name, separator, value = pieces[index].partition("=")
                found = self._kind_of(unquote_plus(name)) if separator else None
                if found and value:
                    tag = self._replace(found, unquote_plus(value), f"{place}.form.{unquote_plus(name)}")
                    pieces[index] = f"{name}={tag}"
            text = "".join(pieces)
        if "html" in kind:
            for whole, _, value, found in list(recognise.html_inputs(text)):
                tag = self._replace(found, value, f"{where}.input")
                text = text.replace(whole, whole.replace(value, tag), 1)
            if self._raw.person == "" and self._raw.interface not in ("list",):
                return mask_document(text.encode(), "text/html", lambda v: self._replace("person", v, where))
        else:
            text = recognise.JSON_PAIRS.sub(lambda match: self._json_pair(match, where), text)
        return recognise.encode(self.text(text, where))

    def text(self, text: str, place: str) -> str:
        """Free text: learned values, ``name=value`` pairs, JWTs, bearer tokens, keys, BSNs."""
        if not text:
            return text
        text = self._learned(text, place)
        if "KEY-----" in text:
            text = recognise.PRIVATE_KEY.sub(lambda match: self._replace("key", match.group(), place), text)
        if "eyJ" in text:
            text = recognise.JWT.sub(lambda match: self._replace("token", match.group(), place), text)
        if "bearer" in text.lower():
            text = recognise.BEARER.sub(lambda match: self._bearer(match, place), text)
        if "=" in text or "%" in text:
            text = recognise.PAIRS.sub(lambda match: self._pair(match, place), text)
        spans = list(recognise.bsn_spans(text))
        for start, end in reversed(spans):
            text = text[:start] + self._replace("bsn", text[start:end], place) + text[end:]
        return text

    def notes(self, notes: Mapping[str, Any]) -> dict[str, Any]:
        """Notes of the driver, redacted, in plain JSON types."""
        result: dict[str, Any] = self._note(msgspec.json.decode(msgspec.json.encode(dict(notes))), "notes", 0)
        if self._masked:
            result["masked"] = sorted(set(self._masked))
        return result

    def _note(self, value: Any, place: str, depth: int) -> Any:
        if depth > 40:
            return None
        if isinstance(value, dict):
            return {
                key: self._replace(kind, child, f"{place}.{key}")
                if isinstance(child, str) and child and (kind := recognise.kind_of(key, "resource"))
                else self._note(child, f"{place}.{key}", depth + 1)
                for key, child in value.items()
            }
        if isinstance(value, list):
            return [self._note(child, place, depth + 1) for child in value]
        return self.text(value, place) if isinstance(value, str) else value

    # -- pieces ----------------------------------------------------------------------------------

    def _kind_of(self, name: str) -> str | None:
        return recognise.kind_of(name, self._raw.interface)

    def _replace(self, kind: str, value: str, place: str) -> str:
        """The tag of a value, with a fact about this occurrence."""
        if TAG.fullmatch(value):
            return value
        tag = self._tags.tag(kind, value)
        self.facts.append(
            Fact(
                tag=tag,
                kind=kind_of_tag(tag),
                place=place,
                length=len(value),
                alphabet=alphabet(value),
                entropy_bits=entropy_bits(value),
                eleven_test=eleven_test(value),
                equals=self._equals.get(value, ""),
            )
        )
        return tag

    def _learned(self, text: str, place: str) -> str:
        for secret in self._embedded:
            if secret in text:
                found = self._tags.lookup(secret)
                if found:
                    text = text.replace(secret, self._replace(kind_of_tag(found[0]), found[1], place))
        return _WORD.sub(lambda match: self._word(match, place), text)

    def _word(self, match: re.Match[str], place: str) -> str:
        word = match.group()
        found = self._tags.lookup(word)
        if found:
            return self._replace(kind_of_tag(found[0]), found[1], place)
        if not any(mark in word for mark in "=/.%"):
            return word
        pieces = re.split(r"([=/.]|%[0-9A-Fa-f]{2})", word)
        changed = False
        for index in range(0, len(pieces), 2):
            part = self._tags.lookup(pieces[index]) if len(pieces[index]) >= MIN_LEARNED else None
            if part:
                pieces[index] = self._replace(kind_of_tag(part[0]), part[1], place)
                changed = True
        return "".join(pieces) if changed else word

    def _bearer(self, match: re.Match[str], place: str) -> str:
        value = match.group(1)
        if not any(character.isdigit() for character in value) and value.lower() in (
            "error",
            "realm",
            "token",
        ):
            return match.group()
        if "=" in value and not value.endswith("=") and place.endswith("www-authenticate"):
            return match.group()
        return match.group().replace(value, self._replace("token", value, place))

    def _pair(self, match: re.Match[str], place: str) -> str:
        name, separator, value = match.groups()
        kind = self._kind_of(name)
        if not kind or value.startswith("["):
            return match.group()
        return f"{name}{separator}{self._replace(kind, unquote(value), f'{place}.{name}')}"

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
        return whole[: whole.index(":") + 1] + f'"{self._replace(kind, value, f"{place}.{name}")}"'

    # -- documents -------------------------------------------------------------------------------

    def _document(self, body: bytes, kind: str, place: str) -> bytes:
        person = self._raw.person
        declared = person is not None and self._persons.declared(person)
        reason = "" if declared else "person is not declared"
        if "json" in kind or "xml" in kind:
            if not declared and recognise.is_impersonal(body):
                reason = ""
            if not reason:
                reason = self._persons.foreign(body, kind) if declared else ""
        if reason:
            self._masked.append(reason)
            body = mask_document(body, kind, lambda value: self._mask(value, place))
        if not declared:
            return recognise.encode(self.text(recognise.decode(body), place))
        text = recognise.decode(body)
        return recognise.encode(self._learned(text, place)) if self._contains_learned(text) else body

    def _mask(self, value: str, place: str) -> str:
        kind = "bsn" if eleven_test(value) else "person"
        return self._replace(kind, value, place)

    def _contains_learned(self, text: str) -> bool:
        if any(secret in text for secret in self._embedded):
            return True
        lookup = self._tags.lookup
        return any(
            lookup(word) or any(lookup(part) for part in re.split(r"[=/.]", word) if len(part) >= MIN_LEARNED)
            for word in _WORD.findall(text)
        )


def _split_query(url: str) -> tuple[str, str, str]:
    for index, character in enumerate(url):
        if character in "?#":
            return url[:index], character, url[index + 1 :]
    return url, "", ""
