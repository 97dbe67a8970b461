"""``about.json`` and the pieces of an extract.

::

    about.json              of which run or dossier it is, and the proof of every share
    shares/01.json          the share of the party, byte for byte as it stands in the run
    cells/01/0001.jsonl     the pieces of a cell, in order: shown, or left out with the hash
    bodies/ab/<sha256>      bodies that shown lines refer to, as they stand in the run
    seal.json               the statement of the seal that names nobody
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from harness.core.run.manifest import Proof
from harness.core.run.place import disk
from harness.core.run.problems import EvidenceError, ProblemKind, short
from harness.core.text import Text
from harness.judge.evidence.shares import Hash
from harness.record.seal.dsse import Enveloped
from harness.report.dossier.pack import first_name

FORMAT: Final = "extract-1"
SEAL_FORMAT: Final = "extract-seal-1"
NAME: Final = "about.json"
SUFFIX: Final = ".extract.tar.xz"
MAX_ABOUT: Final = 16 * 1024 * 1024
MAX_PIECES: Final = 1024 * 1024 * 1024


class Held(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One run: the proof that the share of the party is a file of the run or the dossier."""

    proof: Proof


class About(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``about.json``; nothing in it is the word of who made it.

    :ivar of: what it was made of.
    :ivar manifest: SHA-256 of the manifest of that; ``root`` its Merkle root.
    """

    schema: Literal["extract-1"] = FORMAT
    party: str
    of: Literal["run", "dossier"]
    manifest: Hash
    root: Hash
    runs: Annotated[tuple[Held, ...], msgspec.Meta(min_length=1, max_length=999)]


class HeldSeal(Enveloped, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``seal.json`` of an extract: the envelope of the test result, which names no party."""


class Piece(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A line of a recording or a finding, as its bytes are; left out: their SHA-256."""

    shown: str | None = None
    sha256: Hash | None = None


class _Version(msgspec.Struct):
    schema: str = ""


def share_name(number: int) -> str:
    """Where the share of the n-th run stands, from 1."""
    return f"shares/{number:02}.json"


def cell_name(run: int, cell: int) -> str:
    """Where the pieces of the n-th cell of a run stand, both from 1."""
    return f"cells/{run:02}/{cell:04}.jsonl"


def is_extract(path: Path) -> bool:
    """Whether a path is an extract, packed or not."""
    return first_name(path) == NAME or (path / NAME).is_file()


def encode(about: About) -> bytes:
    """The one form in which it is written."""
    return msgspec.json.format(msgspec.json.encode(about), indent=1) + b"\n"


def read_piece(data: bytes, where: str) -> Piece:
    """A line of the pieces of a cell.

    :raises EvidenceError: it is none, or not in the form in which it is written.
    """
    try:
        piece = msgspec.json.decode(data, type=Piece)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise EvidenceError(
            ProblemKind.CHANGED,
            Text(nl="is geen stuk van een uittreksel", en="is no piece of an extract"),
            where=where,
            received=short(error),
        ) from None
    if (piece.shown is None) == (piece.sha256 is None) or msgspec.json.encode(piece) != data:
        raise _other_form(where)
    return piece


def _other_form(where: str) -> EvidenceError:
    return EvidenceError(
        ProblemKind.CHANGED,
        Text(
            nl="staat niet in de vorm waarin de harness het schrijft",
            en="is not in the form in which the harness writes it",
        ),
        where=where,
    )


def read_about(folder: Path) -> About:
    """Read ``about.json``.

    :raises EvidenceError: it cannot be understood, or is of another version.
    """
    data = disk.read(folder / NAME, MAX_ABOUT)
    try:
        version = msgspec.json.decode(data, type=_Version).schema
        if version == FORMAT:
            about = msgspec.json.decode(data, type=About)
            if encode(about) != data:
                raise _other_form(NAME)
            return about
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise EvidenceError(
            ProblemKind.DESCRIPTION,
            Text(nl="kan niet worden begrepen", en="cannot be understood"),
            where=NAME,
            received=short(error),
        ) from None
    raise EvidenceError(
        ProblemKind.FORMAT,
        Text(
            nl="heeft een indeling die deze versie niet kent",
            en="has a format that this version does not know",
        ),
        where=NAME,
        expected=FORMAT,
        received=short(version),
    )
