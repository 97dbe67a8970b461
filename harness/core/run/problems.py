"""What can be wrong with the evidence of a run: one typed problem names the first thing that does not fit.

Readers of a run folder raise :class:`EvidenceError`; verification hands out its :class:`Problem`.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

import msgspec

from harness.core.errors import InputError
from harness.core.text import Lang, Text


class ProblemKind(str, Enum):
    """The kind of a problem, in the order in which verification looks."""

    FORMAT = "format"
    """No run folder, or one of an older or newer format: it cannot be read at all."""
    UNFINISHED = "unfinished"
    """There is no manifest: the run did not end, nothing is sealed."""
    MANIFEST = "manifest"
    """``manifest.json`` itself is damaged or not in the form that the harness writes."""
    ORDER = "order"
    """The manifest is not sorted, or names a file twice."""
    UNSAFE = "unsafe-path"
    """A path that could point outside the folder, or that two systems read differently; a link."""
    MISSING = "missing"
    EXTRA = "extra"
    CHANGED = "changed"
    ROOT = "root"
    """The Merkle root is not that of the files in the manifest."""
    RUN = "run"
    """Something belongs to another ``run-start.json``."""
    CHAIN = "chain"
    """A line of a recording is damaged, or does not follow from the line before it."""
    HEAD = "head"
    """The first line of a recording is not that of this unit."""
    END = "end"
    """A recording does not end, or ends with another number of exchanges than it has."""
    BODY = "body"
    """A body that a recording refers to is missing or damaged."""
    UNIT = "unit"
    """The recordings of one unit contradict each other."""
    UNSEALED = "unsealed"
    """There is no seal although a signer was asked for."""
    ENVELOPE = "envelope"
    """``seal.json`` is damaged or no DSSE envelope."""
    STATEMENT = "statement"
    """What was signed is about something else than this folder."""
    SIGNATURE = "signature"
    UNTRUSTED = "untrusted"
    """The signature is not by a key that the reader trusts."""
    VALIDITY = "validity"
    """The certificate of the signer was not valid when it signed, or is not now."""
    REVOKED = "revoked"
    DESCRIPTION = "description"
    """``run.json`` does not repeat ``run-start.json``, or one of them cannot be understood."""
    CHALLENGE = "challenge"
    """The recording is not bound to the challenge, or the challenge had expired."""
    CATALOGUE = "catalogue"
    """The run was judged with other requirements or data than this installation has."""
    RESULT = "result"
    """The findings that stand there are not those that the recordings give."""
    PERSONAL = "personal"
    """Something that looks like a person or a secret stands there, or cannot be read: it is not sealed."""


_ORDER: Final = list(ProblemKind)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """The first thing that is wrong with a run folder.

    :ivar where: path relative to the run folder, with the line where one can be named.
    :ivar message: what is wrong, in one sentence without a full stop.
    """

    kind: ProblemKind
    where: str
    message: Text
    expected: str = ""
    received: str = ""

    def before(self, kind: ProblemKind) -> bool:
        """Whether verification looks for it before it looks for another kind."""
        return _ORDER.index(self.kind) < _ORDER.index(kind)

    def error(self) -> EvidenceError:
        """The error that carries it."""
        return EvidenceError(
            self.kind, self.message, where=self.where, expected=self.expected, received=self.received
        )

    def sentence(self, lang: Lang) -> str:
        """Place and message in one line."""
        return f"{self.where}: {self.message.of(lang)}" if self.where else self.message.of(lang)


class EvidenceError(InputError):
    """Evidence that cannot be relied on; carries its :class:`Problem`."""

    def __init__(
        self, kind: ProblemKind, message: Text, *, where: str, expected: str = "", received: str = ""
    ) -> None:
        super().__init__(message, where=where, expected=expected, received=received)
        self.problem = Problem(kind=kind, where=where, message=message, expected=expected, received=received)


def short(value: object, limit: int = 160) -> str:
    """A foreign value as one short line for ``expected`` and ``received``."""
    text = " ".join(str(value).split())
    printable = "".join(char if char.isprintable() else "�" for char in text)
    return printable if len(printable) <= limit else f"{printable[: limit - 1]}…"
