"""Reads the files of a FHIR package or of HL7's definitions: folder, ``.tgz``, ``.zip`` or ``.jar``.

Untrusted input: members that are no plain files (links, devices) are skipped, names that point outside the
archive are refused, and the number and size of what is read is bounded. Nothing is written to disk.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from harness.core.errors import InputError
from harness.core.text import Text

MAX_FILES = 50_000
"""Files per archive."""
MAX_FILE = 128 * 1024 * 1024
"""Bytes per file."""
MAX_TOTAL = 1024 * 1024 * 1024
"""Bytes per archive, unpacked."""


@dataclass(frozen=True)
class Entry:
    """One file of an archive.

    :ivar name: path inside the archive with forward slashes, without a leading ``package/`` for packages.
    :ivar size: bytes, unpacked.
    :ivar read: gives the content.
    """

    name: str
    size: int
    read: Callable[[], bytes]


def is_definitions(names: Iterable[str]) -> bool:
    """Whether an archive with these file names is HL7's definitions archive (and not a package)."""
    stems = {PurePosixPath(name).stem for name in names if name.endswith((".xml", ".json"))}
    return {"profiles-types", "profiles-resources"} <= stems


def entries(path: Path, *, want: Callable[[str], bool]) -> Iterator[Entry]:
    """The files whose name ``want`` accepts, sorted by name for a folder, in archive order otherwise.

    :raises InputError: the path does not exist, is no archive, is damaged, unsafe or too large.
    """
    try:
        if path.is_dir():
            yield from _limited(path, _folder(path, want))
        elif path.suffix.lower() in (".zip", ".jar"):
            yield from _limited(path, _zip(path, want))
        else:
            yield from _limited(path, _tar(path, want))
    except InputError:
        raise
    except Exception as error:
        if not _damaged(error):
            raise
        raise _bad(path, str(error)) from error


def _damaged(error: Exception) -> bool:
    """Whether an error is what reading a damaged, truncated or encrypted archive may raise.

    The modules are imported here and where they are used: folders, the usual case, need none of them.
    """
    import lzma
    import tarfile
    import zipfile
    import zlib

    kinds = (
        OSError,
        EOFError,
        tarfile.TarError,
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        RuntimeError,
    )
    return isinstance(error, kinds)


def _bad(path: Path, received: str) -> InputError:
    return InputError(
        Text(nl="kan dit archief of deze map niet lezen", en="cannot read this archive or folder"),
        where=str(path),
        expected=".tgz, .zip, folder",
        received=received,
    )


def _limited(path: Path, found: Iterator[Entry]) -> Iterator[Entry]:
    total = 0
    for count, entry in enumerate(found, 1):
        total += entry.size
        if count > MAX_FILES or entry.size > MAX_FILE or total > MAX_TOTAL:
            raise _bad(path, f"{count} files, {entry.name}: {entry.size} bytes, total {total} bytes")
        yield entry


def _safe(path: Path, name: str) -> str:
    """``name`` with forward slashes, refused when it points outside the archive."""
    pure = PurePosixPath(name.replace("\\", "/"))
    if pure.is_absolute() or ".." in pure.parts or (pure.parts and ":" in pure.parts[0]):
        raise _bad(path, f"unsafe member name {name!r}")
    return str(pure)


def _folder(path: Path, want: Callable[[str], bool]) -> Iterator[Entry]:
    """Plain files below a folder. Links to folders are not followed, links to files outside are left out."""
    found: list[tuple[str, os.DirEntry[str]]] = []
    todo = [("", str(path))]
    while todo:
        prefix, folder = todo.pop()
        with os.scandir(folder) as listing:
            for item in listing:
                name = prefix + item.name
                if item.is_dir(follow_symlinks=False):
                    todo.append((name + "/", item.path))
                elif want(name) and item.is_file() and (not item.is_symlink() or _inside(path, item.path)):
                    found.append((name, item))
        if len(found) > MAX_FILES:
            raise _bad(path, f"more than {MAX_FILES} files")
    found.sort(key=lambda pair: pair[0])
    for name, item in found:
        yield Entry(name, item.stat().st_size, lambda item=item: _read(path, item))  # type: ignore[misc]


def _read(path: Path, item: os.DirEntry[str]) -> bytes:
    try:
        return Path(item.path).read_bytes()
    except OSError as error:
        raise _bad(path, str(error)) from error


def _inside(root: Path, file: str) -> bool:
    return Path(file).resolve().is_relative_to(root.resolve())


def _zip(path: Path, want: Callable[[str], bool]) -> Iterator[Entry]:
    import zipfile

    with zipfile.ZipFile(path) as archive:

        def read(info: zipfile.ZipInfo) -> bytes:
            try:
                with archive.open(info) as file:
                    data = file.read(info.file_size + 1)
            except Exception as error:
                if not _damaged(error):
                    raise
                raise _bad(path, f"{info.filename}: {error}") from error
            if len(data) != info.file_size:
                raise _bad(path, f"{info.filename}: size does not match")
            return data

        for info in archive.infolist():
            name = _safe(path, info.filename)
            if not info.is_dir() and want(name):
                yield Entry(name, info.file_size, lambda info=info: read(info))  # type: ignore[misc]


def _tar(path: Path, want: Callable[[str], bool]) -> Iterator[Entry]:
    import tarfile

    with tarfile.open(path, "r:*") as archive:
        total = 0
        for count, member in enumerate(archive, 1):
            total += max(
                member.size, 0
            )  # also of members that are skipped: they are unpacked to get past them
            if count > 2 * MAX_FILES or total > MAX_TOTAL:
                raise _bad(path, f"{count} members, {total} bytes")
            name = _safe(path, member.name)
            if not member.isfile() or not want(name):
                continue
            if member.size > MAX_FILE:
                raise _bad(path, f"{name}: {member.size} bytes")
            stream = archive.extractfile(member)
            data = stream.read() if stream is not None else b""
            yield Entry(name, member.size, lambda data=data: data)  # type: ignore[misc]
