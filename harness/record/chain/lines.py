"""The lines of a recording: ``head``, ``tls``, ``exchange``, ``end``.

A line is JSON without line feed, UTF-8, fields in the order of the types here. Its hash is SHA-256 of its
bytes as written (the line feed not included), and the next line carries it as ``prev``; that of the head is
64 zeros. ``seq`` counts the lines after the head from 1.

What is left out of a line has its default. A TLS connection is written once per unit and referred to by
number.
"""

from __future__ import annotations

import hashlib
import math
from typing import Annotated, Any, Final, Literal

import msgspec

from harness.core.errors import HarnessError
from harness.core.run.exchanges import Exchange, Fact, Headers, Identity, Request, Response, Tls
from harness.core.run.problems import EvidenceError, ProblemKind, short
from harness.core.text import Text

FORMAT: Final = "exchanges-2"
INLINE: Final = 4096
"""Bodies up to this many bytes of UTF-8 stand in their line."""
MAX_LINE: Final = 16 * 1024 * 1024
MAX_BODY: Final = 64 * 1024 * 1024
MAX_DEPTH: Final = 64
"""How deep ``notes`` may be nested."""
ZERO: Final = "0" * 64

Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Count = Annotated[int, msgspec.Meta(ge=0)]
Reason = Literal["finished", "aborted"]


class UnrecordableError(HarnessError):
    """An exchange that no line can hold: too large, or with values that JSON does not have."""


class Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A body: ``n`` bytes that are ``text``, or those of ``bodies/…/<sha256>``."""

    n: Annotated[int, msgspec.Meta(ge=1, le=MAX_BODY)]
    text: str | None = None
    sha256: Hash | None = None


class RequestPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The request of an exchange; no ``body``: none, or an empty one."""

    method: str
    url: str
    headers: Headers = ()
    body: Body | None = None


class ResponsePart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The response of an exchange."""

    status: int
    headers: Headers = ()
    body: Body | None = None


class Head(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="head"
):
    """The first line.

    :ivar run: SHA-256 of the bytes of ``run-start.json``: no recording fits in another run.
    :ivar unit: cell key, session, or ``shared``; the name of the file follows from it.
    :ivar attempt: how many times this unit was started before.
    """

    format: str
    run: Hash
    unit: str
    attempt: Count
    prev: Hash


class TlsLine(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="tls"
):
    """Facts of TLS connections, number ``n`` of this unit, counted from 1."""

    seq: Count
    prev: Hash
    n: Count
    tls: Tls


class ExchangeLine(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="exchange",
):
    """One exchange; ``tls`` is the number of a :class:`TlsLine`, 0: no TLS."""

    seq: Count
    prev: Hash
    id: str
    cell: str = ""
    interface: str
    flow: str
    operation: str
    client: str
    server: str
    started: str
    duration: float = 0.0
    tls: Count = 0
    error: str = ""
    request: RequestPart
    response: ResponsePart | None = None
    facts: tuple[Fact, ...] = ()
    identities: tuple[Identity, ...] = ()
    notes: dict[str, Any] = {}


class End(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="end"):
    """The last line.

    :ivar count: number of exchanges in the unit.
    :ivar reason: only what is ``finished`` is judged.
    """

    seq: Count
    prev: Hash
    count: Count
    reason: Reason


Line = Head | TlsLine | ExchangeLine | End

_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final[msgspec.json.Decoder[Line]] = msgspec.json.Decoder(Line)


class _Version(msgspec.Struct):
    format: str


def line_hash(line: bytes) -> str:
    """Hash of a line without its line feed: what the next line carries as ``prev``."""
    return hashlib.sha256(line).hexdigest()


def encode(line: Line) -> bytes:
    """The bytes of a line, without line feed.

    :raises UnrecordableError: it holds what JSON cannot say, or is longer than :data:`MAX_LINE`.
    """
    try:
        data = _ENCODER.encode(line)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise _unwritable(short(error)) from None
    if len(data) > MAX_LINE:
        raise _unwritable(f"{len(data)} bytes > {MAX_LINE}")
    return data


def decode(data: bytes, where: str) -> Line:
    """The line of these bytes.

    :raises EvidenceError: it is none.
    """
    try:
        line = _DECODER.decode(data)
        if isinstance(line, ExchangeLine):
            _check_notes(line.notes)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise EvidenceError(
            ProblemKind.CHAIN,
            Text(nl="is geen regel van een opname", en="is not a line of a recording"),
            where=where,
            received=short(error) if not isinstance(error, RecursionError) else "nested too deeply",
        ) from None
    return line


def decode_head(data: bytes, where: str) -> Head:
    """The first line of a recording.

    :raises EvidenceError: it is none, or one of another format.
    """
    try:
        version = msgspec.json.decode(data, type=_Version).format
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        version = ""
    if version and version != FORMAT:
        raise EvidenceError(
            ProblemKind.FORMAT,
            Text(
                nl="heeft een indeling die deze versie niet kent",
                en="has a format that this version does not know",
            ),
            where=where,
            expected=FORMAT,
            received=short(version),
        )
    line = decode(data, where)
    if not isinstance(line, Head):
        raise EvidenceError(
            ProblemKind.HEAD,
            Text(nl="begint niet met een kopregel", en="does not begin with a head line"),
            where=where,
        )
    return line


def exchange_line(
    exchange: Exchange, *, seq: int, prev: str, tls: int, request: Body | None, response: Body | None
) -> ExchangeLine:
    """The line of an exchange; the caller has stored the bodies.

    :raises UnrecordableError: notes or duration hold what JSON cannot say.
    """
    try:
        _check_notes(exchange.notes)
        if not math.isfinite(exchange.duration):
            raise ValueError(f"duration {exchange.duration}")
    except (ValueError, RecursionError) as error:
        raise _unwritable(f"{exchange.id}: {short(error)}") from None
    asked, answer = exchange.request, exchange.response
    return ExchangeLine(
        seq=seq,
        prev=prev,
        id=exchange.id,
        cell=exchange.cell,
        interface=exchange.interface,
        flow=exchange.flow,
        operation=exchange.operation,
        client=exchange.client,
        server=exchange.server,
        started=exchange.started,
        duration=exchange.duration,
        tls=tls,
        error=exchange.error,
        request=RequestPart(method=asked.method, url=asked.url, headers=asked.headers, body=request),
        response=None
        if answer is None
        else ResponsePart(status=answer.status, headers=answer.headers, body=response),
        facts=exchange.facts,
        identities=exchange.identities,
        notes=exchange.notes,
    )


def exchange_of(line: ExchangeLine, *, tls: Tls | None, request: bytes, response: bytes) -> Exchange:
    """The exchange of a line; the caller has fetched the bodies."""
    asked, answer = line.request, line.response
    return Exchange(
        id=line.id,
        cell=line.cell,
        interface=line.interface,
        flow=line.flow,
        operation=line.operation,
        client=line.client,
        server=line.server,
        started=line.started,
        duration=line.duration,
        request=Request(method=asked.method, url=asked.url, headers=asked.headers, body=request),
        response=None
        if answer is None
        else Response(status=answer.status, headers=answer.headers, body=response),
        error=line.error,
        tls=tls,
        facts=line.facts,
        identities=line.identities,
        notes=line.notes,
    )


_PLAIN: Final = frozenset({str, int, bool, type(None)})


def _check_notes(value: Any, depth: int = 0) -> None:
    """Whether a value comes back from JSON as it was: no other types, no nan, not too deep.

    :raises ValueError: it does not.
    """
    kind = type(value)
    if kind in _PLAIN:
        return
    if depth > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH}")
    if kind is dict:
        for name, item in value.items():
            if type(name) is not str:
                raise ValueError(f"a name that is no text: {name!r}")
            _check_notes(item, depth + 1)
    elif kind is list:
        for item in value:
            _check_notes(item, depth + 1)
    elif kind is not float or not math.isfinite(value):
        raise ValueError(f"a value that JSON does not have: {value!r}")


def _unwritable(received: str) -> UnrecordableError:
    return UnrecordableError(
        Text(nl="kan niet worden opgenomen", en="cannot be recorded"), where="exchanges", received=received
    )
