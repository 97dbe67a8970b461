"""A dossier as one file, ``.dossier.tar.xz``: the same folder gives the same bytes.

What is unpacked comes from others: only plain files with safe names, bounded in number and size, read as a
stream, so that no archive decides how much is written or held in memory; and nothing stands behind them.
"""

from __future__ import annotations

import io
import lzma
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO, Final, Self

from harness.core.run import manifest
from harness.core.run.manifest import check_path
from harness.core.run.place import disk
from harness.core.run.problems import EvidenceError, ProblemKind, short
from harness.core.text import Text

SUFFIX: Final = ".dossier.tar.xz"
MAGIC: Final = b"\xfd7zXZ\x00"
MAX_FILES: Final = manifest.MAX_FILES
MAX_BYTES: Final = 8 * 1024 * 1024 * 1024
"""Unpacked."""
_MEMORY: Final = 192 * 1024 * 1024
_PRESET: Final = 6
_CHUNK: Final = 256 * 1024
_HEADER: Final = 64 * 1024
"""Bytes of what stands before a file whose name is long."""
_NAME: Final = 255
"""Bytes of the name of one file or folder, on every system."""

if TYPE_CHECKING:
    from typing_extensions import Buffer


def pack(folder: Path, out: Path) -> None:
    """Write a folder as one file.

    :raises HarnessError: it cannot be written.
    """
    names = sorted(
        (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()), key=str.encode
    )

    def content(target: BinaryIO) -> None:
        with (
            lzma.open(target, "wb", preset=_PRESET) as stream,
            tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as archive,
        ):
            for name in names:
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = (folder / name).stat().st_size, 0o644
                with disk.opened(folder / name) as file:
                    archive.addfile(entry, file)

    disk.replace(out, content)


class _Inflated(io.RawIOBase):
    """An xz stream as it is inflated, with a bound on the memory that its header may ask for.

    :ivar size: how much was inflated; ``last``: the end of it.
    """

    def __init__(self, source: BinaryIO) -> None:
        self.size = 0
        self.last = b""
        self._source = source
        self._inflate = lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_MEMORY)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer).cast("B")
        while not self._inflate.eof:
            data = self._source.read(_CHUNK) if self._inflate.needs_input else b""
            if self._inflate.needs_input and not data:
                raise EOFError("cut off")
            found = self._inflate.decompress(data, len(view))
            if found:
                view[: len(found)] = found
                self.size += len(found)
                self.last = (self.last + found)[-2 * tarfile.RECORDSIZE :]
                return len(found)
        return 0

    def over(self) -> bool:
        """Whether nothing stands behind the stream."""
        return self._inflate.eof and not self._inflate.unused_data and not self._source.read(1)


class _Entry(tarfile.TarInfo):
    """A header of an archive; only what :func:`pack` writes is looked at any further."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        entry = super().frombuf(buf, encoding, errors)
        if not entry.isreg() and not (entry.type == tarfile.XHDTYPE and entry.size <= _HEADER):
            raise _unsafe(entry.name, "", short(entry.type.decode("latin-1")))
        return entry


def is_packed(path: Path) -> bool:
    """Whether a path is a file that begins as a packed dossier does."""
    if not path.is_file():
        return False
    with disk.opened(path) as file:
        return file.read(len(MAGIC)) == MAGIC


def first_name(path: Path) -> str:
    """The name of the first file of what is packed, ``""`` when nothing is, or it is damaged."""
    if not is_packed(path):
        return ""
    with (
        suppress(tarfile.TarError, lzma.LZMAError, EOFError, ValueError, OSError, EvidenceError),
        disk.opened(path) as source,
        _Inflated(source) as inflated,
        io.BufferedReader(inflated, _CHUNK) as stream,
        tarfile.open(fileobj=stream, mode="r|", tarinfo=_Entry) as archive,
    ):
        entry = archive.next()
        return entry.name if entry is not None else ""
    return ""


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """A folder with what a packed dossier holds, for as long as it is looked at.

    :raises EvidenceError: it is damaged, too large, or holds something else than plain files with safe names.
    """
    with TemporaryDirectory(prefix="dossier-") as temporary:
        folder = Path(temporary)
        try:
            _unpack(path, folder)
        except (tarfile.TarError, lzma.LZMAError, EOFError, ValueError, RecursionError) as error:
            raise EvidenceError(
                ProblemKind.MANIFEST,
                Text(nl="is beschadigd", en="is damaged"),
                where=path.name,
                received=short(error),
            ) from None
        except OSError as error:
            raise disk.not_written(path, error) from None
        yield folder


def _unpack(path: Path, folder: Path) -> None:
    count = size = 0
    files: set[str] = set()
    folders: set[str] = set()
    with (
        disk.opened(path) as source,
        _Inflated(source) as inflated,
        io.BufferedReader(inflated, _CHUNK) as stream,
        tarfile.open(fileobj=stream, mode="r|", tarinfo=_Entry) as archive,
    ):
        for entry in archive:
            check_path(entry.name, where=short(entry.name))
            count, size = count + 1, size + entry.size
            above = {str(item) for item in PurePosixPath(entry.name).parents}
            doubled = entry.name in files or entry.name in folders or not files.isdisjoint(above)
            if doubled or count > MAX_FILES or size > MAX_BYTES or _too_long(entry.name):
                raise _unsafe(entry.name, f"≤ {MAX_FILES}, ≤ {MAX_BYTES} bytes", f"{count}, {size} bytes")
            files.add(entry.name)
            folders |= above
            content = archive.extractfile(entry)
            target = folder / entry.name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                if content is not None:
                    shutil.copyfileobj(content, file)
        if not count:
            raise EOFError("no files")
        _check_end(stream, inflated, archive.offset, path.name)


def _too_long(name: str) -> bool:
    return any(len(part.encode()) > _NAME for part in name.split("/"))


def _check_end(stream: io.BufferedReader[_Inflated], inflated: _Inflated, end: int, where: str) -> None:
    """Whether an archive ends where its last file does, but for what fills up its last record.

    :raises EvidenceError: something stands behind it.
    """
    whole = -(-(end + 2 * tarfile.BLOCKSIZE) // tarfile.RECORDSIZE) * tarfile.RECORDSIZE
    while inflated.size <= whole and stream.read(_CHUNK):
        pass
    rest = inflated.last[-(whole - end) :]
    if inflated.size != whole or rest.strip(b"\0") or not inflated.over():
        raise EvidenceError(
            ProblemKind.EXTRA,
            Text(nl="achter het dossier staat nog iets", en="something stands behind the dossier"),
            where=where,
            expected=f"{whole} bytes",
            received=f"{inflated.size} bytes",
        )


def _unsafe(name: str, expected: str, received: str) -> EvidenceError:
    return EvidenceError(
        ProblemKind.UNSAFE,
        Text(
            nl="is geen gewoon bestand, staat er dubbel, of het dossier is te groot",
            en="is no plain file, is there twice, or the dossier is too large",
        ),
        where=short(name),
        expected=expected,
        received=received,
    )
