"""``dossier.json``: what a dossier is of, and which runs it holds. Everything in the dossier is bound to it.

::

    dossier.json
    runs/01/ …              whole run folders, without what is generated from them
    attestations/ …         what people stated beside the runs
    waivers.yaml            what may stay for now, beside what the runs froze
    manifest.json  seal.json
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from harness.core.run import manifest
from harness.core.run.place import disk
from harness.core.run.problems import EvidenceError, ProblemKind, short
from harness.core.text import Text

FORMAT: Final = "dossier-1"
NAME: Final = manifest.DOSSIER.start
WAIVERS: Final = "waivers.yaml"
_MAX: Final = 16 * 1024 * 1024
Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Folder = Annotated[str, msgspec.Meta(pattern="^runs/[0-9]{2,4}$")]


class HeldRun(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One run: its folder in the dossier, SHA-256 of its ``run-start.json``, its Merkle root."""

    folder: Folder
    run: Hash
    root: Hash


class Dossier(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``dossier.json``.

    :ivar vendor: whose it is.
    :ivar subject: ids of the parties that it is about: HIS, and its DVZA.
    :ivar region: where the field test was, ``""``: nowhere, or not told.
    :ivar made: ISO 8601 instant.
    """

    schema: Literal["dossier-1"] = FORMAT
    vendor: str
    subject: tuple[str, ...]
    region: str = ""
    made: str
    harness: str
    runs: Annotated[tuple[HeldRun, ...], msgspec.Meta(min_length=1, max_length=999)]


class _Version(msgspec.Struct):
    schema: str = ""


def write_dossier(folder: Path, dossier: Dossier) -> None:
    """Write ``dossier.json``.

    :raises HarnessError: it cannot be written.
    """
    disk.write(folder / NAME, msgspec.json.format(msgspec.json.encode(dossier), indent=1) + b"\n")


def read_dossier(folder: Path) -> Dossier:
    """Read ``dossier.json``.

    :raises EvidenceError: it is missing, of another version, or cannot be understood.
    """
    if not (folder / NAME).is_file():
        raise EvidenceError(
            ProblemKind.FORMAT, Text(nl="is geen dossier", en="is no dossier"), where=NAME, expected=FORMAT
        )
    data = disk.read(folder / NAME, _MAX)
    try:
        version = msgspec.json.decode(data, type=_Version).schema
        if version != FORMAT:
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
        return msgspec.json.decode(data, type=Dossier)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise EvidenceError(
            ProblemKind.DESCRIPTION,
            Text(nl="kan niet worden begrepen", en="cannot be understood"),
            where=NAME,
            received=short(error),
        ) from None
