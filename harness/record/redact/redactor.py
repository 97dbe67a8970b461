"""The redactor: a raw exchange in, the exchange that may be written and judged out.

Two passes over the whole exchange. The first *learns*: every secret that stands in a recognisable place
(query, form, JSON, headers, HTML inputs), plus what the driver says that it minted (:class:`Known`). The
second *replaces* every learned value wherever it stands, raw or percent-encoded, by an equality-preserving
tag ``[kind:hash]`` (HMAC-SHA-256 with a key that lives for one run, so tags cannot be reversed or compared
between runs) and writes down the :class:`~harness.core.run.exchanges.Fact` of each occurrence.

FHIR documents and PDFs of declared test persons keep every byte, except for learned secrets; documents of
anybody else are masked (:mod:`harness.record.redact.persons`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, quote_plus, unquote, unquote_plus

import msgspec

from harness.core.run.exchanges import Exchange, Fact, Headers, Request, Response, Tls, header, media_type
from harness.record.redact import secrets as places
from harness.record.redact.facts import alphabet, eleven_test, entropy_bits
from harness.record.redact.persons import Persons, mask_document

TAG: Final = re.compile(r"\[(?:token|code|refresh|bsn|state|cookie|person|key):[0-9a-f]{12}\]")
_LITERALS: Final = frozenset(
    {
        "no-store", "no-cache", "no-referrer", "DENY", "nosniff", "*/*", "nl", "keep-alive", "close", "GET",
        "text/html; charset=utf-8", "text/html,application/xhtml+xml", "application/json", "identity",
        "application/x-www-form-urlencoded", "application/xml", "text/xml", "application/xml, text/xml",
        "application/fhir+json", "application/fhir+xml", "application/fhir+json; fhirVersion=3.0",
        "application/fhir+xml; fhirVersion=3.0", "application/fhir+json; charset=utf-8",
        "application/fhir+xml; charset=utf-8", "application/xml; charset=utf-8", "Bearer", "chunked",
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    }
)  # fmt: skip
"""Whole header values that are words of a protocol; skipping them saves most of the work on headers."""
_WORD: Final = re.compile(r"[A-Za-z0-9._~%+/=-]{6,4096}")
_MIN_LEARNED: Final = 6
"""Shorter secrets are replaced where they stand, but not hunted for in other text."""
_MIN_EMBEDDED: Final = 12
"""Secrets of at least this length are also found inside longer words."""
_RECENT: Final = 48
_REMEMBERED: Final = 50_000


@dataclass(frozen=True)
class Known:
    """A secret value that a driver or mock minted or sent.

    :ivar kind: kind of :class:`Fact`.
    :ivar name: what a fact's ``equals`` says when a value equals this one, e.g. ``state-sent``.
    """

    kind: str
    name: str
    value: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class RawExchange:
    """An exchange with its secrets; lives in memory only. Fields as :class:`Exchange`.

    :ivar person: the test person whose session this is; ``None`` when no person is involved yet (lists,
        landing page, metadata), ``""`` when it may be anybody.
    """

    interface: str
    flow: str
    operation: str
    client: str
    server: str
    started: datetime
    duration: float
    method: str
    url: str = field(repr=False)
    request_headers: Headers = field(default=(), repr=False)
    request_body: bytes = field(default=b"", repr=False)
    status: int = 0
    response_headers: Headers = field(default=(), repr=False)
    response_body: bytes = field(default=b"", repr=False)
    error: str = ""
    tls: Tls | None = None
    cell: str = ""
    person: str | None = None
    known: tuple[Known, ...] = field(default=(), repr=False)
    notes: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Redactor:
    """Replaces secrets; remembers what it learned for the rest of the run. Thread-safe.

    :param key: random bytes that live for one run and are never written.
    """

    def __init__(self, key: bytes, persons: Persons | None = None) -> None:
        self._key = key
        self.persons = persons or Persons()
        self._lock = threading.RLock()
        self._tags: OrderedDict[str, tuple[str, str]] = OrderedDict()  # written form -> (tag, plain value)
        self._recent: dict[str, OrderedDict[str, None]] = {}

    def tag(self, kind: str, value: str) -> str:
        """The tag of a value; the same value always has the same tag, whatever it is called later."""
        with self._lock:
            found = self._tags.get(value)
            if found is not None:
                return found[0]
        if TAG.fullmatch(value):
            return value
        digest = hmac.new(self._key, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:12]
        return f"[{kind}:{digest}]"

    def learn(self, kind: str, value: str, cell: str = "") -> None:
        """Remember a secret, so that it is replaced wherever it appears from now on."""
        if not value or TAG.fullmatch(value):
            return
        with self._lock:
            tag = self.tag(kind, value)
            if len(value) < _MIN_LEARNED:
                return
            for form in {value, quote(value, safe=""), quote_plus(value), value.replace("/", "\\/")}:
                if form not in self._tags:
                    self._tags[form] = (tag, value)
                    while len(self._tags) > _REMEMBERED:
                        self._tags.popitem(last=False)
                if len(form) >= _MIN_EMBEDDED:
                    recent = self._recent.setdefault(cell, OrderedDict())
                    recent[form] = None
                    recent.move_to_end(form)
                    while len(recent) > _RECENT:
                        recent.popitem(last=False)

    def exchange(self, raw: RawExchange, exchange_id: str) -> Exchange:
        """The redacted exchange with its facts."""
        for known in raw.known:
            self.learn(known.kind, known.value, raw.cell)
        work = _Work(self, raw)
        work.learn_all()
        response = None
        request = Request(
            method=raw.method,
            url=work.url(raw.url, "request", "query"),
            headers=work.headers(raw.request_headers, "request"),
            body=work.body(raw.request_body, raw.request_headers, "request"),
        )
        if raw.status:
            response = Response(
                status=raw.status,
                headers=work.headers(raw.response_headers, "response"),
                body=work.body(raw.response_body, raw.response_headers, "response"),
            )
        notes = work.plain_notes(raw.notes)
        return Exchange(
            id=exchange_id,
            cell=raw.cell,
            interface=raw.interface,
            flow=raw.flow,
            operation=raw.operation,
            client=raw.client,
            server=raw.server,
            started=raw.started.isoformat(),
            duration=round(raw.duration, 6),
            request=request,
            response=response,
            error=work.text(raw.error, "error"),
            tls=raw.tls,
            facts=tuple(work.facts),
            notes=notes,
        )

    def lookup(self, word: str) -> tuple[str, str] | None:
        """Tag and plain value of a learned word."""
        with self._lock:
            return self._tags.get(word)

    def embedded(self, cell: str) -> list[str]:
        """Long secrets learned lately in a cell, longest first."""
        with self._lock:
            return sorted((*self._recent.get(cell, ()), *self._recent.get("", ())), key=len, reverse=True)


class _Work:
    """One exchange being redacted."""

    def __init__(self, redactor: Redactor, raw: RawExchange) -> None:
        self.redactor = redactor
        self.raw = raw
        self.facts: list[Fact] = []
        self._equals = {known.value: known.name for known in raw.known if known.name}
        self._embedded: list[str] = []
        self.masked: list[str] = []

    # -- first pass ------------------------------------------------------------------------------

    def learn_all(self) -> None:
        raw = self.raw
        self._learn_text(raw.url)
        for headers in (raw.request_headers, raw.response_headers):
            for name, value in headers:
                if value not in _LITERALS:
                    self._learn_header(name.lower(), value)
        for body, headers in (
            (raw.request_body, raw.request_headers),
            (raw.response_body, raw.response_headers),
        ):
            if body and not self._is_document(headers, body):
                self._learn_body(body, media_type(headers))
        self._embedded = self.redactor.embedded(raw.cell)

    def _learn(self, kind: str, value: str) -> None:
        self.redactor.learn(kind, value, self.raw.cell)

    def _learn_text(self, text: str) -> None:
        query = re.split(r"[?#]", text, maxsplit=1)
        if len(query) > 1:
            for name, value in places.query_pairs(query[1].replace("#", "&").replace("?", "&")):
                kind = places.kind_of(name, self.raw.interface)
                if kind:
                    self._learn(kind, unquote_plus(value))
        for match in places.PAIRS.finditer(text) if "=" in text or "%" in text else ():
            kind = places.kind_of(match.group(1), self.raw.interface)
            if kind and not TAG.match(match.group(3)):
                self._learn(kind, unquote(match.group(3)))
        for match in places.JWT.finditer(text) if "eyJ" in text else ():
            self._learn("token", match.group())

    def _learn_header(self, name: str, value: str) -> None:
        for kind, secret, _ in _header_secrets(name, value):
            self._learn(kind, secret)
        if name not in ("authorization", "proxy-authorization", "cookie", "set-cookie"):
            self._learn_text(value)

    def _learn_body(self, body: bytes, kind: str) -> None:
        text = _decode(body)
        if "x-www-form-urlencoded" in kind:
            for name, value in places.query_pairs(text):
                found = places.kind_of(name, self.raw.interface)
                if found:
                    self._learn(found, unquote_plus(value))
        if "json" in kind or text[:1] in "{[":
            try:
                document = json.loads(text)
            except (ValueError, RecursionError):
                document = None
            for found, _, value in places.json_secrets(document, self.raw.interface):
                self._learn(found, value)
        if "html" in kind:
            for _, _, value, found in _html_inputs(text):
                self._learn(found, value)
        self._learn_text(text)

    # -- second pass -----------------------------------------------------------------------------

    def url(self, url: str, place: str, part: str) -> str:
        """A URL with its secret parameters replaced."""
        base, mark, rest = _split_query(url)
        if not mark:
            return self.text(url, f"{place}.path")
        pieces = re.split(r"([&;#?])", rest)
        for index in range(0, len(pieces), 2):
            name, separator, value = pieces[index].partition("=")
            kind = places.kind_of(unquote_plus(name), self.raw.interface) if separator else None
            if kind and value:
                pieces[index] = f"{name}={self._replace(kind, unquote_plus(value), f'{place}.{part}.{name}')}"
            else:
                pieces[index] = self.text(pieces[index], f"{place}.{part}.{unquote_plus(name)}")
        return self.text(base, f"{place}.path") + mark + "".join(pieces)

    def headers(self, headers: Headers, place: str) -> Headers:
        """Headers with secrets replaced; names and order stay."""
        done: list[tuple[str, str]] = []
        for name, value in headers:
            if value in _LITERALS or (value.isdigit() and len(value) < _MIN_LEARNED):
                done.append((name, value))
                continue
            lowered = name.lower()
            where = f"{place}.header.{lowered}"
            if lowered in ("location", "content-location", "referer", "refresh", "link"):
                text = self.url(value, f"{place}.header", lowered)
            elif lowered in ("cookie", "set-cookie", "authorization", "proxy-authorization") or (
                lowered in places.SECRET_HEADERS
            ):
                text = value
                for kind, secret, whole in _header_secrets(lowered, value):
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
        if self._is_document(headers, body):
            return self._document(body, kind, f"{place}.body")
        where = f"{place}.body"
        text = _decode(body)
        if "x-www-form-urlencoded" in kind:
            pieces = re.split(r"([&;])", text)
            for index in range(0, len(pieces), 2):
                name, separator, value = pieces[index].partition("=")
                found = places.kind_of(unquote_plus(name), self.raw.interface) if separator else None
                if found and value:
                    tag = self._replace(found, unquote_plus(value), f"{place}.form.{unquote_plus(name)}")
                    pieces[index] = f"{name}={tag}"
            text = "".join(pieces)
        if "html" in kind:
            for whole, _, value, found in list(_html_inputs(text)):
                tag = self._replace(found, value, f"{where}.input")
                text = text.replace(whole, whole.replace(value, tag), 1)
            if self.raw.person == "" and self.raw.interface not in ("list",):
                return mask_document(text.encode(), "text/html", lambda v: self._replace("person", v, where))
        else:
            text = places.JSON_PAIRS.sub(lambda match: self._json_pair(match, where), text)
        return _encode(self.text(text, where), body)

    def text(self, text: str, place: str) -> str:
        """Free text: learned values, ``name=value`` pairs, JWTs, bearer tokens, keys, BSNs."""
        if not text:
            return text
        text = self._learned(text, place)
        if "KEY-----" in text:
            text = places.PRIVATE_KEY.sub(lambda match: self._replace("key", match.group(), place), text)
        if "eyJ" in text:
            text = places.JWT.sub(lambda match: self._replace("token", match.group(), place), text)
        if "bearer" in text.lower():
            text = places.BEARER.sub(lambda match: self._bearer(match, place), text)
        if "=" in text or "%" in text:
            text = places.PAIRS.sub(lambda match: self._pair(match, place), text)
        spans = list(places.bsn_spans(text))
        for start, end in reversed(spans):
            text = text[:start] + self._replace("bsn", text[start:end], place) + text[end:]
        return text

    def plain_notes(self, notes: Mapping[str, Any]) -> dict[str, Any]:
        """Notes of the driver, redacted, in plain JSON types."""
        result: dict[str, Any] = self._note(msgspec.json.decode(msgspec.json.encode(dict(notes))), "notes", 0)
        if self.masked:
            result["masked"] = sorted(set(self.masked))
        return result

    def _note(self, value: Any, place: str, depth: int) -> Any:
        if depth > 40:
            return None
        if isinstance(value, dict):
            return {
                key: self._replace(kind, child, f"{place}.{key}")
                if isinstance(child, str) and child and (kind := places.kind_of(key, "resource"))
                else self._note(child, f"{place}.{key}", depth + 1)
                for key, child in value.items()
            }
        if isinstance(value, list):
            return [self._note(child, place, depth + 1) for child in value]
        return self.text(value, place) if isinstance(value, str) else value

    # -- pieces ----------------------------------------------------------------------------------

    def _replace(self, kind: str, value: str, place: str) -> str:
        """The tag of a value, with a fact about this occurrence."""
        if TAG.fullmatch(value):
            return value
        tag = self.redactor.tag(kind, value)
        self.facts.append(
            Fact(
                tag=tag,
                kind=tag[1 : tag.index(":")],
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
                found = self.redactor.lookup(secret)
                if found:
                    text = text.replace(secret, self._replace(found[0][1:].split(":")[0], found[1], place))
        return _WORD.sub(lambda match: self._word(match, place), text)

    def _word(self, match: re.Match[str], place: str) -> str:
        word = match.group()
        found = self.redactor.lookup(word)
        if found:
            return self._replace(found[0][1:].split(":")[0], found[1], place)
        if not any(mark in word for mark in "=/.%"):
            return word
        pieces = re.split(r"([=/.]|%[0-9A-Fa-f]{2})", word)
        changed = False
        for index in range(0, len(pieces), 2):
            part = self.redactor.lookup(pieces[index]) if len(pieces[index]) >= _MIN_LEARNED else None
            if part:
                pieces[index] = self._replace(part[0][1:].split(":")[0], part[1], place)
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
        kind = places.kind_of(name, self.raw.interface)
        if not kind or value.startswith("["):
            return match.group()
        return f"{name}{separator}{self._replace(kind, unquote(value), f'{place}.{name}')}"

    def _json_pair(self, match: re.Match[str], place: str) -> str:
        name, quoted, number = match.groups()
        kind = places.kind_of(name, self.raw.interface)
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

    def _is_document(self, headers: Headers, body: bytes) -> bool:
        """Whether a body is care data: everything but forms, HTML and OAuth JSON on the care interfaces."""
        kind = media_type(headers)
        if "fhir" in kind or kind == "application/pdf":
            return True
        if self.raw.interface not in ("resource", "document"):
            return False
        return "html" not in kind and "x-www-form-urlencoded" not in kind

    def _document(self, body: bytes, kind: str, place: str) -> bytes:
        person = self.raw.person
        declared = person is not None and self.redactor.persons.declared(person)
        reason = "" if declared else "person is not declared"
        if "json" in kind or "xml" in kind:
            if not declared and _impersonal(body):
                reason = ""
            if not reason:
                reason = self.redactor.persons.foreign(body, kind) if declared else ""
        if reason:
            self.masked.append(reason)
            body = mask_document(body, kind, lambda value: self._mask(value, place))
        if not declared:
            return _encode(self.text(_decode(body), place), body)
        if not self._contains_learned(body):
            return body
        return _encode(self._learned(_decode(body), place), body)

    def _mask(self, value: str, place: str) -> str:
        kind = "bsn" if eleven_test(value) else "person"
        return self._replace(kind, value, place)

    def _contains_learned(self, body: bytes) -> bool:
        text = _decode(body)
        return self._learned_quick(text)

    def _learned_quick(self, text: str) -> bool:
        if any(secret in text for secret in self._embedded):
            return True
        lookup = self.redactor.lookup
        return any(
            lookup(word)
            or any(lookup(part) for part in re.split(r"[=/.]", word) if len(part) >= _MIN_LEARNED)
            for word in _WORD.findall(text)
        )


_IMPERSONAL: Final = re.compile(
    rb"\"resourceType\"\s*:\s*\"CapabilityStatement\"|<CapabilityStatement[\s>]", re.ASCII
)


def _impersonal(body: bytes) -> bool:
    return bool(_IMPERSONAL.search(body[:2000]))


def _header_secrets(name: str, value: str) -> Iterator[tuple[str, str, str]]:
    """``(kind, secret, text in which it stands)`` of a header that carries secrets."""
    if name in ("authorization", "proxy-authorization"):
        scheme, separator, rest = value.strip().partition(" ")
        secret = rest.strip() if separator else value.strip()
        if secret:
            yield "token" if scheme.lower() == "bearer" else "key", secret, secret
    elif name == "cookie":
        for part in value.split(";"):
            _, separator, secret = part.strip().partition("=")
            if separator and secret:
                yield "cookie", secret, part
    elif name == "set-cookie":
        first = value.split(";", 1)[0]
        _, separator, secret = first.partition("=")
        if separator and secret.strip():
            yield "cookie", secret.strip(), first
    elif name in places.SECRET_HEADERS and value.strip():
        yield places.SECRET_HEADERS[name], value.strip(), value


def _html_inputs(text: str) -> Iterator[tuple[str, str, str, str]]:
    """``(tag, name, value, kind)`` of inputs whose value is hidden or named like a secret."""
    for match in places.HTML_INPUT.finditer(text):
        attributes = {
            found.group(1).lower(): next((g for g in found.groups()[1:] if g is not None), "")
            for found in places.HTML_ATTRIBUTE.finditer(match.group())
        }
        value = attributes.get("value", "")
        if len(value) < 4 or TAG.fullmatch(value):
            continue
        kind = places.KINDS.get(attributes.get("name", "").lower())
        if kind or attributes.get("type", "").lower() == "password":
            yield match.group(), attributes.get("name", ""), value, kind or "key"


def _split_query(url: str) -> tuple[str, str, str]:
    for index, character in enumerate(url):
        if character in "?#":
            return url[:index], character, url[index + 1 :]
    return url, "", ""


def _decode(body: bytes) -> str:
    """Text of a body without loss (``surrogateescape`` for bytes that are not UTF-8)."""
    return body.decode("utf-8", "surrogateescape")


def _encode(text: str, original: bytes) -> bytes:
    del original
    return text.encode("utf-8", "surrogateescape")


__all__ = ["TAG", "Known", "RawExchange", "Redactor", "header"]
