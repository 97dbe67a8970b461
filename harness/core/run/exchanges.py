"""Exchanges: one recorded HTTP request and response, as judges see them (already redacted).

The recorder writes each as one line of a chained recording (:mod:`harness.record.chain`) and reads them back
into these types. Judges see the same objects live and later.

Which step of which flow an exchange belongs to is said by three labels:

* ``interface``: ``list``, ``authorization``, ``login``, ``consent``, ``redirect``, ``token``, ``resource``,
  ``document``, ``probe``;
* ``flow``: ``collect`` or ``share`` for the main flow of the cell; a scenario variant such as
  ``refused-token`` for negative ones;
* ``operation``: what the driver wanted, e.g. ``hg-patient-json``, ``token-code``, ``list-zal``; :data:`BUSY`
  when the server asked to come back later, which was done.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from harness.core.text import Phrase, Text

BUSY: Final = "busy"
"""Operation of a request that a server put off (429 or 503 with ``Retry-After``)."""
NEXT_PAGE: Final = "next-page"
"""Operation of a request for a later page (without format)."""
MASK: Final = r"mask-[a-z]{2,8}-[bcdfghjklmnpqrstvwxz]{12}"
"""What a tag looks like that stands in the place of a value."""
MASKED_UUID: Final = (
    r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-"
    r"[0-9A-Fa-f]{0,3}mask-bsn-[bcdfghjklmnpqrstvwxz]{12}[0-9A-Fa-f]{0,3}"
)
"""What was a UUID before a number of nine digits at its end was masked."""
Headers = tuple[tuple[str, str], ...]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP request. ``url`` is the public URL (no harness port), redacted."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP response; ``body`` is decoded from any content coding."""

    status: int
    headers: Headers = ()
    body: bytes = b""


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """Facts of a peer certificate. Times are ISO 8601 UTC."""

    subject: str = ""
    issuer: str = ""
    serial: str = ""
    dns_names: tuple[str, ...] = ()
    not_before: str = ""
    not_after: str = ""
    sha256: str = ""
    key: str = ""


class Tls(msgspec.Struct, frozen=True, kw_only=True):
    """Facts of the TLS connection that carried an exchange."""

    version: str = ""
    cipher: str = ""
    server_name: str = ""
    server: Certificate | None = None
    client: Certificate | None = None


Standing = Literal["", "proven", "possible"]
"""How certain it is that a number is a BSN; ``""`` for what is no BSN."""


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a judge may know of a value that the recorder replaced by a tag, or of a BSN that it saw.

    :ivar tag: the tag that stands in the exchange, e.g. ``mask-code-…``; equal values have equal tags. A
        value of a declared person, and a number that may be a code, stays there; its tag is only here.
    :ivar kind: ``token``, ``code``, ``refresh``, ``bsn``, ``state``, ``cookie``, ``person``, ``key``;
        ``text`` is one of a reference record that has to stay in the HIS or is another person's, and stays.
    :ivar place: where it stood, e.g. ``request.query.code``, ``response.body.access_token``; in a document
        its path, e.g. ``response.body:Bundle.entry[0].resource.birthDate``.
    :ivar length: length in characters.
    :ivar alphabet: ``hex``, ``base64url``, ``digits``, ``uuid``, ``jwt``, ``other``.
    :ivar entropy_bits: estimated entropy of this one value (length × log2 of the alphabet, bounded by
        repetition), rounded down.
    :ivar eleven_test: for nine-digit values, whether they pass the BSN eleven-test.
    :ivar equals: name of the expected value it equals (``state-sent``, ``code-issued`` …) or ``""``; of a
        masked value in a document the element of the declared person that it equals (``birthDate``),
        :data:`NONE`, :data:`NOT_COMPARED` or :data:`UNHELD`.
    :ivar standing: of a BSN whether it certainly is one: ``proven`` (BSN system, label, parameter or header,
        or a number known in the cell) or ``possible`` (it passes the eleven-test and nothing else).
    :ivar owner: id of the known person whose BSN or text it is, ``""`` when it is nobody's that is known.
    :ivar ways: how it was written, the outermost first (``escaped``, ``markup``, ``base64``, ``pdf`` …);
        nothing when it stood there plainly.
    """

    tag: str
    kind: str
    place: str
    length: int = 0
    alphabet: str = "other"
    entropy_bits: int = 0
    eleven_test: bool | None = None
    equals: str = ""
    standing: Standing = ""
    owner: str = ""
    ways: tuple[str, ...] = ()


NONE = "none"
"""What :attr:`Fact.equals` says of a masked value that is another than the declared one."""
NOT_COMPARED = "not-compared"
"""What it says of a masked value for whose element nothing is declared."""

UNHELD = "not-held"
"""What it says of a word in a document of a declared person that no record holds. Nothing else in it is
touched, and equal words have equal tags, so that a judge may take the tag for the word."""

UNREADABLE = "(unreadable)"
"""The path in the place of a mask (``response.body:(unreadable)``) in a body that no parser reads."""

TOO_LARGE = "(too large)"
"""The path in the place of a mask (``response.body:(too large)``) of a body that holds more than is looked at
(:mod:`harness.core.http.bounds`); its fact says how long it was."""

MORE_THAN_READ = "more than is looked at: "
"""How the note ``masked`` of such an exchange begins; which bound was passed follows."""

UNREAD = "unread"
"""The note of an exchange that says why a body could not be read as FHIR before it was masked: per side the
``rule`` that it breaks, ``line``, ``column`` and ``received``."""

UNREDACTED = "unredacted"
"""The note of an exchange that the recorder could not make safe, and so wrote without what was said in it."""

Belongs = Literal["declared", "other", "mixed", "unknown"]
"""Whose record a document is: that of the declared person of the session, that of one other person, of more
than one person, or nothing tells."""


class Identity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whose record a FHIR document is, seen before anything in it was masked.

    :ivar side: ``request`` or ``response``.
    :ivar differs: elements of Patient that differ from what is declared of the person of the session
        (``birthDate``, ``name.family``, ``identifier``), never their values.
    :ivar person: the other person when that is a declared one too (id), else ``""``.
    :ivar who: tag of the other person; equal tags are the same person, in all documents of a run.
    """

    side: Literal["request", "response"]
    belongs: Belongs
    differs: tuple[str, ...] = ()
    person: str = ""
    who: str = ""


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded request and response.

    :ivar id: stable within the run, e.g. ``his-a.pgo-1.hg.0007``; findings refer to it.
    :ivar cell: :attr:`harness.core.run.findings.Cell.key` or ``""`` for traffic outside a cell.
    :ivar client: participant id of the caller; ``server`` of the one that answers.
    :ivar started: ISO 8601 instant (UTC) by the injected clock.
    :ivar duration: seconds until the last byte of the response.
    :ivar response: ``None`` when there was none; ``error`` says why (``tls``, ``connect``, ``timeout``,
        ``protocol``, followed by a detail).
    :ivar identities: whose record the FHIR documents are that it carries.
    :ivar notes: facts of the driver that judges may use (for example form controls of a consent page).
    """

    id: str
    cell: str = ""
    interface: str
    flow: str
    operation: str
    client: str
    server: str
    started: str
    duration: float = 0.0
    request: Request
    response: Response | None = None
    error: str = ""
    tls: Tls | None = None
    facts: tuple[Fact, ...] = ()
    identities: tuple[Identity, ...] = ()
    notes: dict[str, Any] = {}


def header(headers: Headers, name: str) -> str | None:
    """First value of a header, case-insensitively, or ``None``."""
    lowered = name.lower()
    return next((value for key, value in headers if key.lower() == lowered), None)


def header_values(headers: Headers, name: str) -> list[str]:
    """All values of a header, case-insensitively, in order."""
    lowered = name.lower()
    return [value for key, value in headers if key.lower() == lowered]


def media_type(headers: Headers) -> str:
    """Media type of a message without parameters, lower case; ``""`` when it states none."""
    return (header(headers, "content-type") or "").split(";", 1)[0].strip().lower()


_FAILURES: Final = {
    "protocol: closed without an answer": Text(
        nl="protocol: verbinding gesloten zonder antwoord", en="protocol: closed without an answer"
    ),
    "protocol: no HTTP": Text(nl="protocol: geen HTTP", en="protocol: no HTTP"),
    "protocol: closed within an answer": Text(
        nl="protocol: verbinding gesloten voordat het antwoord er helemaal was",
        en="protocol: closed before the answer was complete",
    ),
    "protocol: head of the answer too large": Text(
        nl="protocol: de kop van het antwoord is te groot", en="protocol: head of the answer too large"
    ),
    "tls: connection closed": Text(nl="tls: verbinding gesloten", en="tls: connection closed"),
    "timeout: gave up": Text(nl="timeout: het wachten opgegeven", en="timeout: gave up"),
    "connect: a proxy stands between": Text(
        nl="connect: er staat een proxy tussen", en="connect: a proxy stands between"
    ),
    "refused: host is not on the whitelist": Text(
        nl="geweigerd: de host staat niet op de Whitelist", en="refused: host is not on the whitelist"
    ),
}
"""Errors of exchanges in words of our own; what a library says stays as it is."""


def failure(error: str) -> Phrase:
    """Why there is no answer; ``""`` is no reason."""
    return _FAILURES.get(error, error)
