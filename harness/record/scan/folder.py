"""A scan: every file of a folder, of a run folder the recordings first. Nothing is written."""

from __future__ import annotations

import hashlib
import io
import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from harness.core.errors import InputError
from harness.core.run.info import Binding
from harness.core.run.manifest import LITTER, START, run_digest
from harness.core.run.place import disk
from harness.core.run.place.contents import SALT
from harness.core.run.problems import EvidenceError
from harness.core.text import Text
from harness.record.chain import bodies
from harness.record.chain.read import ChainReader
from harness.record.chain.units import units_in
from harness.record.looking import Looking
from harness.record.redact.people.persons import Persons
from harness.record.scan.look import Looker
from harness.record.scan.sighted import Scanned, Unread

MAX_FILE: Final = 256 * 1024 * 1024
_ENCRYPTED: Final = 0x1
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_PACKED: Final = (
    b"\xfd7zXZ\x00", b"BZh", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07",
    b"MSCF",
)  # fmt: skip
"""How files begin that are packed in a way that is not opened here: xz, bzip2, zstd, lz4, 7-Zip, RAR, CAB."""
_PICTURES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*")
_HANDED_OUT: Final = "handout"


def scan(path: Path, looking: Looking, persons: Persons, *, field: bool = False) -> Scanned:
    """Look for people and secrets in a file, a folder or a run folder.

    :param looking: what reads PDFs, and which numbers are codes.
    :param persons: who may stand there.
    :param field: of a field test, where nobody may: what a run kept knowingly counts too.
    :raises InputError: there is no such file or folder.
    """
    if not path.exists():
        raise InputError(Text(nl="bestaat niet", en="does not exist"), where=str(path))
    work = _Scan(path, looking, persons, field=field)
    work.run()
    return work.done


class _Scan:
    """One scan on its way."""

    def __init__(self, path: Path, looking: Looking, persons: Persons, *, field: bool) -> None:
        self._path = path
        self._looking = looking
        run = any(path.rglob(START)) if path.is_dir() else False
        self.done = Scanned(declared=run and not field)
        self._look = Looker(looking, persons, private=field or not run, field=field)
        self._clean: set[bytes] = set()
        self._bodies: set[str] = set()
        self._recorded: set[Path] = set()

    def run(self) -> None:
        files = sorted(_files(self._path)) if self._path.is_dir() else [self._path]
        for start in [item for item in files if item.name == START]:
            self._recordings(start.parent)
        for item in files:
            self._file(item)
        self.done.found = self._look.found

    def _recordings(self, run: Path) -> None:
        """The recordings of a run folder; their bodies with them."""
        self._look.given(_nonce(disk.read(run / START, MAX_FILE)))
        for item in sorted(run.glob("records/*.json")):
            self._look.record(disk.read(item, MAX_FILE))
        store = bodies.BodyStore(run)
        for unit in units_in(run):
            place = self._name(unit.path)
            reader = ChainReader(unit.path, store, run=run_digest(run))
            try:
                for exchange in reader:
                    self._look.exchange(exchange, place)
            except EvidenceError:
                self.done.unread.append(Unread(place=place, why="damaged"))
            self._bodies |= reader.referred
            self._recorded.add(unit.path)

    def _file(self, path: Path) -> None:
        place = self._name(path)
        self._look.path(path.relative_to(self._path.parent).as_posix(), f"{place} (name)")
        self.done.files += 1
        why = ""
        try:
            size = path.lstat().st_size
            self.done.size += size
            why = "link" if path.is_symlink() else "large" if size > MAX_FILE else ""
            if not why and not self._known(path):
                why = self._content(path.read_bytes(), place)
        except OSError:
            why = "denied"
        if why:
            self.done.unread.append(Unread(place=place, why=why))

    def _known(self, path: Path) -> bool:
        """Whether a file was looked at with the recordings, or is not for others to see."""
        if path in self._recorded or path.name == SALT or path.parent.name == _HANDED_OUT:
            return True
        return path.name in self._bodies and _HASH.fullmatch(path.name) is not None

    def _content(self, data: bytes, place: str) -> str:
        """Look at a file; gives why it cannot be read. Content that is clean is looked at once."""
        digest = hashlib.sha256(data).digest()
        if digest in self._clean:
            return ""
        before = self._look.seen
        self._look.file(data, place)
        why = _unreadable(data, self._looking)
        if not why and self._look.seen == before:
            self._clean.add(digest)
        return why

    def _name(self, path: Path) -> str:
        return self._look.name(path.relative_to(self._path).as_posix() if path != self._path else path.name)


def _nonce(start: bytes) -> str:
    """The nonce of the challenge that a run names: whoever gave it knows it, so it is nobody's secret."""
    try:
        binding = msgspec.json.decode(start, type=_Start).binding
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    return binding.challenge.nonce if binding is not None and binding.challenge is not None else ""


class _Start(msgspec.Struct):
    binding: Binding | None = None


def _files(folder: Path) -> Iterator[Path]:
    """Every file below a folder; no link is followed."""
    for at, folders, names in os.walk(folder):
        for name in [*names, *(item for item in folders if (Path(at) / item).is_symlink())]:
            if name not in LITTER:
                yield Path(at) / name


def _unreadable(data: bytes, looking: Looking) -> str:
    """Why nobody can say what stands in a file; ``""`` when its texts can be read."""
    if data.startswith(_PACKED):
        return "packed"
    if data.startswith(_PICTURES):
        return "picture"
    if data.startswith(b"%PDF-"):
        return "" if any(True for _ in looking.extract(data)) else "image"
    if data.startswith(b"PK"):
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return "damaged" if any(item.flag_bits & _ENCRYPTED for item in archive.infolist()) else ""
        except (zipfile.BadZipFile, ValueError, OSError):
            return "damaged"
    if data.startswith(b"\x1f\x8b"):
        try:
            zlib.decompressobj(31).decompress(data, 1)
        except zlib.error:
            return "damaged"
    return ""
