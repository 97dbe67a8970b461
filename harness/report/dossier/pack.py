"""A dossier as one file, ``.dossier.tar.xz``: the same folder gives the same bytes.

What is unpacked comes from others: only plain files with safe names, bounded in number and size, read as a
stream, so that no archive decides how much is written.
"""

from __future__ import annotations

import io
import lzma
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO, Final

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
    """An xz stream as it is inflated, with a bound on the memory that its header may ask for."""

    def __init__(self, source: BinaryIO) -> None:
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
                return len(found)
        return 0


def is_packed(path: Path) -> bool:
    """Whether a path is a file that begins as a packed dossier does."""
    if not path.is_file():
        return False
    with disk.opened(path) as file:
        return file.read(len(MAGIC)) == MAGIC


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """A folder with what a packed dossier holds, for as long as it is looked at.

    :raises EvidenceError: it is damaged, too large, or holds something else than plain files with safe names.
    """
    with TemporaryDirectory(prefix="dossier-") as temporary:
        folder = Path(temporary)
        try:
            _unpack(path, folder)
        except (tarfile.TarError, lzma.LZMAError, EOFError) as error:
            raise EvidenceError(
                ProblemKind.MANIFEST,
                Text(nl="is beschadigd", en="is damaged"),
                where=path.name,
                received=short(error),
            ) from None
        yield folder


def _unpack(path: Path, folder: Path) -> None:
    count = size = 0
    with (
        disk.opened(path) as source,
        io.BufferedReader(_Inflated(source), _CHUNK) as stream,
        tarfile.open(fileobj=stream, mode="r|") as archive,
    ):
        for entry in archive:
            check_path(entry.name, where=short(entry.name))
            count, size = count + 1, size + entry.size
            target = folder / entry.name
            if not entry.isreg() or count > MAX_FILES or size > MAX_BYTES or target.exists():
                raise EvidenceError(
                    ProblemKind.UNSAFE,
                    Text(
                        nl="is geen gewoon bestand, staat er dubbel, of het dossier is te groot",
                        en="is no plain file, is there twice, or the dossier is too large",
                    ),
                    where=short(entry.name),
                    expected=f"≤ {MAX_FILES}, ≤ {MAX_BYTES} bytes",
                    received=f"{count}, {size} bytes",
                )
            content = archive.extractfile(entry)
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                if content is not None:
                    shutil.copyfileobj(content, file)
        if not count:
            raise EOFError("no files")
