"""``bodies/<2 hex>/<sha256>``: bodies that do not stand in their line, by the hash of their (redacted) bytes.

Compressed with zlib. Several processes may store the same body at once: each writes a temporary file and
renames it. Reading is bounded and checks length and hash, for the folder may be a stranger's.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from harness.core.run.place import disk
from harness.core.run.problems import EvidenceError, ProblemKind, short
from harness.core.text import Text
from harness.record.chain.lines import INLINE, MAX_BODY, Body, UnrecordableError

FOLDER: Final = "bodies"
LEVEL: Final = 6
_SLACK: Final = 64 * 1024
"""Compressed, a body may be this much longer than it is (zlib adds some bytes per 16 kB)."""


class BodyStore:
    """The bodies of one run folder. Thread-safe."""

    def __init__(self, run_folder: Path) -> None:
        self.folder = run_folder / FOLDER
        self._stored: set[str] = set()

    def path(self, sha256: str) -> Path:
        """Where a body stands."""
        return self.folder / sha256[:2] / sha256

    def refer(self, body: bytes) -> Body | None:
        """What a line says of a body; stores it when it does not belong in the line.

        :raises HarnessError: it cannot be written.
        :raises UnrecordableError: it is larger than :data:`MAX_BODY`.
        """
        if not body:
            return None
        if len(body) <= INLINE:
            try:
                return Body(n=len(body), text=body.decode())
            except UnicodeDecodeError:
                pass
        return Body(n=len(body), sha256=self.put(body))

    def put(self, body: bytes) -> str:
        """Store a body and give its hash; one that is there already, whole, is left alone.

        :raises HarnessError: it cannot be written.
        :raises UnrecordableError: it is larger than :data:`MAX_BODY`.
        """
        sha256 = hashlib.sha256(body).hexdigest()
        path = self.path(sha256)
        if len(body) > MAX_BODY:
            raise UnrecordableError(
                Text(nl="is te groot om op te nemen", en="is too large to be recorded"),
                where=f"{FOLDER}/{sha256[:2]}/{sha256}",
                expected=f"≤ {MAX_BODY} bytes",
                received=f"{len(body)} bytes",
            )
        if sha256 not in self._stored:
            packed = zlib.compress(body, LEVEL)
            if _size(path) != len(packed):
                disk.write(path, packed, durable=False)
            self._stored.add(sha256)
        return sha256

    def get(self, body: Body | None, where: str) -> bytes:
        """The bytes that a line refers to.

        :param where: the line, for the error.
        :raises EvidenceError: missing, damaged, or not the body that the line names.
        """
        if body is None:
            return b""
        if body.sha256 is None:
            data = (body.text or "").encode()
            if body.text is None or len(data) != body.n:
                raise _wrong(where, f"{body.n} bytes", f"{len(data)} bytes")
            return data
        name = f"{FOLDER}/{body.sha256[:2]}/{body.sha256}"
        if body.text is not None:
            raise _wrong(where, "text | sha256", "text, sha256")
        data = self._unpack(body, f"{where} → {name}")
        if len(data) != body.n:
            raise _wrong(f"{where} → {name}", f"{body.n} bytes", f"{len(data)} bytes")
        found = hashlib.sha256(data).hexdigest()
        if found != body.sha256:
            raise _wrong(f"{where} → {name}", f"sha256 {body.sha256}", f"sha256 {found}")
        return data

    def _unpack(self, body: Body, where: str) -> bytes:
        try:
            with disk.opened(self.path(body.sha256 or "")) as file:
                packed = file.read(body.n + _SLACK)
                rest = file.read(1)
        except OSError as error:
            raise EvidenceError(
                ProblemKind.BODY,
                Text(nl="de inhoud ontbreekt", en="the body is missing"),
                where=where,
                received=disk.reason(error),
            ) from None
        reader = zlib.decompressobj()
        try:
            data = reader.decompress(packed, body.n + 1)
        except zlib.error as error:
            raise _wrong(where, "zlib", short(error)) from None
        if rest or reader.unused_data or (len(data) <= body.n and not reader.eof):
            raise _wrong(where, "zlib", "truncated, or followed by something else")
        return data

    def sync(self, names: Iterable[str]) -> None:
        """Wait until these bodies are on the disk.

        :raises HarnessError: one of them cannot be reached.
        """
        folders = set()
        for sha256 in names:
            path = self.path(sha256)
            try:
                disk.sync_file(path)
            except OSError as error:
                raise disk.not_written(path, error) from None
            folders.add(path.parent)
        for folder in folders:
            disk.sync_folder(folder)
        if folders:
            disk.sync_folder(self.folder)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _wrong(where: str, expected: str, received: str) -> EvidenceError:
    return EvidenceError(
        ProblemKind.BODY,
        Text(nl="de inhoud is beschadigd", en="the body is damaged"),
        where=where,
        expected=expected,
        received=received,
    )
