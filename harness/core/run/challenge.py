"""A bureau's challenge: proof that what was recorded was recorded after the bureau gave it out.

The bureau gives a nonce; the run mixes it into every request and correlation identifier that *we* mint::

    id(n) = the first 16 bytes of HMAC-SHA256(salt, nonce || uint64be(n)), shaped as a version 4 UUID
    n     = cell index << 32 | attempt << 24 | counter

Parallel cells so need no shared counter, and a cell that is driven again never uses a number twice. The salt
is random per run: ``run-start.json`` holds only its hash (the commitment), the salt itself is written when
the run has ended, so that a participant who reads the folder cannot predict identifiers. Nothing else is ever
derived from it.

It proves that the messages with our identifiers were made after the nonce was given. It does not prove who
answered them, nor that there was no second run.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl

import msgspec

from harness.core.run.exchanges import Exchange
from harness.core.run.place import disk
from harness.core.run.problems import EvidenceError, ProblemKind, short
from harness.core.text import Text

FORMAT: Final = "challenge-1"
NONCE_BYTES: Final = 16
"""A nonce has at least 128 bits; the bureau may give more."""
NEW_NONCE_BYTES: Final = 32
SALT_BYTES: Final = 32
LIFETIME: Final = timedelta(days=14)
_AHEAD: Final = 4096
"""How many numbers may lie between two identifiers that were seen: minted, but never sent."""


class Challenge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the bureau gives out; it keeps a list and accepts each nonce once.

    :ivar nonce: hex, at least 128 bits.
    :ivar expires: ISO 8601 instant; a run must *start* before it.
    """

    format: str
    nonce: str
    issued: str
    expires: str
    issuer: str = ""

    @property
    def nonce_bytes(self) -> bytes:
        """The nonce."""
        return bytes.fromhex(self.nonce)


def new_challenge(now: datetime, *, lifetime: timedelta = LIFETIME, issuer: str = "") -> Challenge:
    """A fresh challenge."""
    return Challenge(
        format=FORMAT,
        nonce=secrets.token_hex(NEW_NONCE_BYTES),
        issued=now.isoformat(),
        expires=(now + lifetime).isoformat(),
        issuer=issuer,
    )


def decode_challenge(data: bytes, where: str) -> Challenge:
    """The challenge of a file.

    :raises EvidenceError: it is none, or its nonce is too short.
    """
    try:
        challenge = msgspec.json.decode(data, type=Challenge)
        if challenge.format != FORMAT:
            raise ValueError(challenge.format)
        if len(challenge.nonce_bytes) < NONCE_BYTES:
            raise ValueError(f"nonce of {len(challenge.nonce_bytes) * 8} bits")
        for instant in (challenge.issued, challenge.expires):
            if datetime.fromisoformat(instant).tzinfo is None:
                raise ValueError(f"{instant} has no time zone")
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _problem(
            Text(nl="is geen controlegetal van een bureau", en="is not a challenge of a bureau"),
            where,
            expected=f"{FORMAT}, ≥ {NONCE_BYTES * 8} bits",
            received=short(error),
        ) from None
    return challenge


def check_in_time(challenge: Challenge, started: datetime, where: str) -> None:
    """Whether a run started while its challenge could be used.

    :raises EvidenceError: before it was given, or after it had expired.
    """
    issued, expires = (datetime.fromisoformat(item) for item in (challenge.issued, challenge.expires))
    if started < issued:
        message = Text(
            nl="begon voordat het controlegetal gegeven was", en="started before the challenge was given"
        )
    elif started >= expires:
        message = Text(
            nl="begon nadat het controlegetal verlopen was", en="started after the challenge had expired"
        )
    else:
        return
    raise _problem(
        message, where, expected=f"{issued.isoformat()} – {expires.isoformat()}", received=started.isoformat()
    )


def read_challenge(path: Path) -> Challenge:
    """The challenge in a file that the bureau gave.

    :raises InputError: it cannot be read, or is none.
    """
    return decode_challenge(disk.read(path, 64 * 1024), str(path))


def new_salt() -> bytes:
    """A random salt for one run."""
    return secrets.token_bytes(SALT_BYTES)


def commitment(salt: bytes) -> str:
    """What may be known of the salt before the run has ended: its SHA-256, in hex."""
    return hashlib.sha256(salt).hexdigest()


def check_commitment(salt: bytes, promised: str, where: str) -> None:
    """Whether a salt is the one that was committed to at the start.

    :raises EvidenceError: it is not.
    """
    if not hmac.compare_digest(commitment(salt), promised):
        raise _problem(
            Text(
                nl="het zout is niet dat van het begin van de run",
                en="the salt is not that of the start of the run",
            ),
            where,
            expected=f"sha256 {short(promised)}",
            received=f"sha256 {commitment(salt)}",
        )


def identifier(salt: bytes, nonce: bytes, number: int) -> str:
    """Identifier ``number``: a UUID of version 4, for that is what receivers check for.

    :param nonce: empty in a run without challenge.
    :param number: below 2 to the power of 64.
    """
    digest = hmac.digest(salt, nonce + number.to_bytes(8, "big"), "sha256")
    return str(uuid.UUID(bytes=digest[:16], version=4))


LAST_ATTEMPT: Final = 255
"""What is asked when no cell is driven any more counts as this attempt at its cell."""


def first_number(cell_index: int, attempt: int) -> int:
    """The first number of an attempt at a cell.

    :param cell_index: place of the cell in the plan.
    :raises ValueError: a plan of more than 2**32 cells, a cell with more than 256 attempts.
    """
    if not (0 <= cell_index < 1 << 32 and 0 <= attempt <= LAST_ATTEMPT):
        raise ValueError(f"cell {cell_index}, attempt {attempt}")
    return cell_index << 32 | attempt << 24


class Minter:
    """Gives the identifiers of one attempt at a cell, each once. Thread-safe."""

    def __init__(self, salt: bytes, nonce: bytes, cell_index: int, attempt: int = 0) -> None:
        self._salt = salt
        self._nonce = nonce
        self._first = first_number(cell_index, attempt)
        self._count = 0
        self._lock = threading.Lock()

    def __call__(self) -> str:
        """The next identifier.

        :raises OverflowError: after 2**24 identifiers.
        """
        with self._lock:
            count = self._count
            if count >= 1 << 24:
                raise OverflowError("the identifiers of this cell are used up")
            self._count += 1
        return identifier(self._salt, self._nonce, self._first + count)


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One identifier in a recording: exchange, name of the header or parameter (lower case), value."""

    exchange: str
    name: str
    value: str


def seen_in(exchanges: Iterable[Exchange], *, minters: Set[str], names: Set[str]) -> Iterator[Seen]:
    """The identifiers that we minted, in the order of a recording, from headers and query parameters.

    :param minters: participants of ours that mint; what others send is not ours to check, and what a
        participant passes on (our DVZA towards a HIS) was checked where it was minted.
    :param names: names of the identifiers, lower case.
    """
    for exchange in exchanges:
        if exchange.client not in minters:
            continue
        query = exchange.request.url.partition("?")[2].partition("#")[0]
        pairs = [*exchange.request.headers, *parse_qsl(query, keep_blank_values=True, errors="replace")]
        for name, value in pairs:
            if name.lower() in names:
                yield Seen(exchange=exchange.id, name=name.lower(), value=value)


def check_minted(
    seen: Sequence[Seen], *, salt: bytes, nonce: bytes, cell_index: int, unique: Set[str], attempt: int = 0
) -> int:
    """Check the identifiers of one cell against salt and nonce; gives how many different ones were checked.

    0 means *not bound*, never *all right*.

    :param unique: names of identifiers that belong to one request; the others (a correlation identifier) go
        with several requests. Each name's identifiers rise in the order of the recording.
    :raises EvidenceError: the first that is not ours, goes back, or was used twice.
    """
    first = first_number(cell_index, attempt)
    numbers: dict[str, int] = {}
    highest: dict[str, int] = {}
    names: dict[str, str] = {}
    for item in seen:
        limit = max(highest.values(), default=-1) + 1 + _AHEAD
        while item.value not in numbers and len(numbers) < limit:
            numbers[identifier(salt, nonce, first + len(numbers))] = len(numbers)
        number = numbers.get(item.value)
        before = highest.get(item.name, -1)
        known = names.get(item.value)
        if number is None:
            message = Text(
                nl="heeft een kenmerk dat niet bij het controlegetal hoort",
                en="has an identifier that does not belong to the challenge",
            )
        elif known is not None and (item.name in unique or known != item.name):
            message = Text(
                nl="heeft een kenmerk dat al gebruikt was", en="has an identifier that was used before"
            )
        elif known is None and number <= before:
            message = Text(
                nl="heeft een kenmerk dat eerder gemaakt is dan het vorige",
                en="has an identifier that was made before the previous one",
            )
        else:
            names[item.value] = item.name
            highest[item.name] = max(number, before)
            continue
        raise _problem(
            message,
            f"{item.exchange}, {item.name}",
            expected=f"n > {before}" if number is not None else "",
            received=short(item.value),
        )
    return len(names)


def _problem(message: Text, where: str, *, expected: str = "", received: str = "") -> EvidenceError:
    return EvidenceError(ProblemKind.CHALLENGE, message, where=where, expected=expected, received=received)
