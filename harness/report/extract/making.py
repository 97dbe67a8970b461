"""Making an extract of a run folder or an unpacked dossier that was found right."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from harness.core.errors import UsageError, nearest
from harness.core.run import manifest
from harness.core.run.findings import Cell, Finding
from harness.core.run.folder import RunFolder
from harness.core.run.place import disk
from harness.core.text import Text
from harness.judge.evidence.shares import (
    FOLDER,
    MAX_SHARE,
    Share,
    lines_of,
    path_of,
    piece_of,
    read_share,
)
from harness.record.chain.bodies import BodyStore
from harness.record.chain.lines import Body, ExchangeLine, decode
from harness.record.seal import dsse
from harness.record.seal.envelope import FORMAT as SEALED
from harness.record.seal.envelope import Seal
from harness.report.dossier.document import read_dossier
from harness.report.extract.document import (
    NAME,
    SEAL_FORMAT,
    About,
    Held,
    HeldSeal,
    Piece,
    cell_name,
    encode,
    share_name,
)
from harness.report.extract.names import Names, names_of_others


@dataclass
class Written:
    """How much was shown, and left out because it names others."""

    shown: int = 0
    left_out: int = 0


def write_extract(source: Path, party: str, out: Path) -> Written:
    """Write the extract of a party into an empty folder.

    :param source: a run folder, or the folder of a dossier; the caller verified it.
    :raises UsageError: nobody has that id, or it was made before runs had shares.
    :raises HarnessError: something cannot be written.
    """
    of_dossier = (source / manifest.DOSSIER.start).is_file()
    places = [run.folder for run in read_dossier(source).runs] if of_dossier else [""]
    folders = [RunFolder.open(source / place) for place in places]
    data = disk.read(source / manifest.NAME, manifest.MAX_MANIFEST)
    made = manifest.decode(data, manifest.DOSSIER if of_dossier else manifest.RUN)
    mine = [
        (place, folder)
        for place, folder in zip(places, folders, strict=True)
        if (folder.path / path_of(party)).is_file()
    ]
    if not mine:
        raise _nobody(party, folders)
    names = names_of_others([(folder, folder.info()) for folder in folders], party)
    done, held = Written(), []
    for number, (place, folder) in enumerate(mine, 1):
        path = path_of(party)
        held.append(Held(proof=manifest.prove(made, f"{place}/{path}".lstrip("/"))))
        kept = disk.read(folder.path / path, MAX_SHARE)
        disk.write(out / share_name(number), kept, durable=False)
        _Cells(folder, out, number, names, done).write(read_share(kept, path))
    _seal(source, out)
    about = About(
        party=party,
        of="dossier" if of_dossier else "run",
        manifest=hashlib.sha256(data).hexdigest(),
        root=made.root,
        runs=tuple(held),
    )
    disk.write(out / NAME, encode(about))
    return done


class _Cells:
    """The cells of one run."""

    def __init__(self, folder: RunFolder, out: Path, number: int, names: Names, done: Written) -> None:
        self._folder = folder
        self._out = out
        self._number = number
        self._names = names
        self._done = done
        self._bodies = BodyStore(folder.path)

    def write(self, share: Share) -> None:
        by_cell: dict[Cell, list[Finding]] = {}
        for item in self._folder.judged():
            by_cell.setdefault(item.cell, []).append(item)
        for number, held in enumerate(share.cells, 1):
            pieces = self._pieces(held.cell, by_cell.get(held.cell, ()))
            content = b"".join(msgspec.json.encode(piece) + b"\n" for piece in pieces)
            disk.write(self._out / cell_name(self._number, number), content, durable=False)

    def _pieces(self, cell: Cell, findings: Sequence[Finding]) -> Iterator[Piece]:
        for number, data in enumerate(lines_of(self._folder, cell), 1):
            line = decode(data, f"{cell.key}, line {number}")
            if isinstance(line, ExchangeLine) and not self._may_show(line):
                yield self._left_out(data)
                continue
            piece = self._piece(data)
            if piece.shown is not None and isinstance(line, ExchangeLine):
                self._copy(line)
            yield piece
        for item in findings:
            yield self._piece(piece_of(item))

    def _may_show(self, line: ExchangeLine) -> bool:
        """A list that stands in its line names whoever takes part, known to us or not."""
        answer = line.response.body if line.response is not None else None
        return line.interface != "list" or answer is None or answer.text is None

    def _piece(self, data: bytes) -> Piece:
        if self._names.stand_in(data):
            return self._left_out(data)
        self._done.shown += 1
        return Piece(shown=data.decode())

    def _left_out(self, data: bytes) -> Piece:
        self._done.left_out += 1
        return Piece(sha256=hashlib.sha256(data).hexdigest())

    def _copy(self, line: ExchangeLine) -> None:
        """The bodies of a line that is shown, but for lists and what names others."""
        for body in bodies_of(line):
            target = BodyStore(self._out).path(body.sha256 or "")
            if target.exists():
                continue
            data = self._bodies.get(body, line.id)
            if line.interface == "list" or self._names.stand_in(data):
                self._done.left_out += 1
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self._bodies.path(body.sha256 or ""), target)


def bodies_of(line: ExchangeLine) -> list[Body]:
    """The bodies of an exchange that stand outside its line."""
    found = [line.request.body, line.response.body if line.response is not None else None]
    return [body for body in found if body is not None and body.sha256 is not None]


def _seal(source: Path, out: Path) -> None:
    """The envelope that names nobody, when there is a seal."""
    if not (source / manifest.SEAL).is_file():
        return
    seal = dsse.decode(disk.read(source / manifest.SEAL, dsse.MAX_FILE), Seal, SEALED, manifest.SEAL)
    kept = HeldSeal(format=SEAL_FORMAT, envelopes=seal.envelopes[:1], certificates=seal.certificates)
    disk.write(out / manifest.SEAL, dsse.encode(kept), durable=False)


def _nobody(party: str, folders: Sequence[RunFolder]) -> UsageError:
    """Why there is nothing to extract."""
    known = sorted({item.id for folder in folders for item in folder.info().participants})
    if party in known and not any((folder.path / FOLDER).is_dir() for folder in folders):
        return UsageError(
            Text(
                nl="van vóór runs per partij vastlegden wat over haar gaat; daar is niets uit te lichten",
                en="of before runs fixed what is about each party; nothing can be extracted from it",
            ),
            where="--party",
            received=party,
            next_step=Text(nl="maak de run opnieuw", en="make the run again"),
        )
    hint = nearest(party, known)
    return UsageError(
        Text(nl=f"'{party}' nam aan geen enkele cel deel", en=f"'{party}' took part in no cell"),
        where="--party",
        expected=", ".join(known),
        next_step=Text(nl=f"bedoelde u {hint}?", en=f"did you mean {hint}?") if hint else "",
    )
