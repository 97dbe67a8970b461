"""``manifest.json``: every file of a finished run with its hash, and the Merkle root over them.

What is in it: everything that a verdict rests on (run description, events, exchanges, bodies, findings,
waivers, attestations …). What is not: what is generated from those (reports, Allure results, JUnit, HAR, the
handout of ``serve``), the lock, and the seal, which signs the manifest itself.

``run`` is the SHA-256 of the bytes of ``run-start.json``; the first line of every recording holds the same
value.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import msgspec

from harness.core.ids import RESERVED
from harness.core.run import tree
from harness.core.run.place import disk
from harness.core.run.problems import EvidenceError, ProblemKind, short
from harness.core.text import Text

FORMAT: Final = "manifest-1"
NAME: Final = "manifest.json"
START: Final = "run-start.json"
SEAL: Final = "seal.json"


class Kind(NamedTuple):
    """What a manifest is of: its format, and the file whose hash everything in the folder is bound to."""

    format: str
    start: str


RUN: Final = Kind(FORMAT, START)
DOSSIER: Final = Kind("dossier-manifest-1", "dossier.json")
GENERATED: Final = frozenset(
    {
        *(NAME, SEAL, "run.lock", "run.salt"),
        *("report", "allure-results", "handout", "junit.xml", "testscript.json"),
        "sessions",  # each has a manifest of its own
    }
)
"""Names at the top of a run folder that no manifest holds."""
LITTER: Final = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""What file managers leave behind in a folder that somebody looked at; nothing reads it."""
MAX_MANIFEST: Final = 64 * 1024 * 1024
MAX_FILES: Final = 250_000
MAX_BYTES: Final = 256 * 1024 * 1024 * 1024
"""Of all files together."""
MAX_PATH: Final = 400
MAX_DEPTH: Final = 12

Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Size = Annotated[int, msgspec.Meta(ge=0)]
_FORBIDDEN: Final = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')


class ManifestFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file: path relative to the run folder with ``/``, size in bytes, SHA-256 in hex."""

    path: str
    size: Size
    sha256: Hash


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``manifest.json``; ``files`` are sorted by the bytes of their path."""

    format: str
    run: Hash
    files: tuple[ManifestFile, ...]
    root: Hash


class Proof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That one file belongs to a run: the file's entry and the way from its leaf to the root."""

    file: ManifestFile
    index: Size
    count: Size
    siblings: tuple[Hash, ...]
    root: Hash


def check_path(path: str, where: str = NAME) -> None:
    """Whether a path means the same file inside the folder on every system.

    :raises EvidenceError: it does not (``..``, absolute, drive letter, backslash, reserved name, not NFC …).
    """
    parts = path.split("/")
    if (
        not path
        or len(path) > MAX_PATH
        or _FORBIDDEN.search(path)
        or unicodedata.normalize("NFC", path) != path
        or any(part in ("", ".", "..") or part[-1] in ". " for part in parts)
        or any(part.split(".", 1)[0].lower() in RESERVED for part in parts)
    ):
        raise EvidenceError(
            ProblemKind.UNSAFE,
            Text(nl="noemt een onveilig pad", en="names an unsafe path"),
            where=where,
            expected="a/b.json",
            received=short(path),
        )


def digest_of(path: Path) -> tuple[int, str]:
    """Size and SHA-256 of a file.

    :raises OSError: it cannot be read.
    """
    with disk.opened(path) as file:
        digest = hashlib.file_digest(file, "sha256")
        return file.tell(), digest.hexdigest()


def files_of(folder: Path) -> dict[str, Path]:
    """The files of a run folder that a manifest must hold, by relative path, sorted by its bytes.

    :raises EvidenceError: a link, a device, an unsafe name, two names that differ in case only.
    """
    found: dict[str, Path] = {}
    folded: dict[str, str] = {}
    for path in _walk(folder, folder, 0):
        relative = unicodedata.normalize("NFC", path.relative_to(folder).as_posix())
        check_path(relative, where=short(relative))
        _no_double(folded, relative, short(relative))
        found[relative] = path
        if len(found) > MAX_FILES:
            raise EvidenceError(
                ProblemKind.UNSAFE,
                Text(nl="heeft te veel bestanden", en="has too many files"),
                where="",
                expected=f"≤ {MAX_FILES}",
            )
    return {name: found[name] for name in sorted(found, key=str.encode)}


def _walk(folder: Path, top: Path, depth: int) -> Iterator[Path]:
    """Files below a folder; what is generated or litter is left out, links and devices are refused."""
    for entry in _entries(folder, top):
        path = Path(entry.path)
        if entry.name in LITTER or (depth == 0 and entry.name in GENERATED):
            continue
        if entry.is_dir(follow_symlinks=False) and depth < MAX_DEPTH:
            yield from _walk(path, top, depth + 1)
        elif not entry.is_file(follow_symlinks=False):
            raise EvidenceError(
                ProblemKind.UNSAFE,
                Text(
                    nl="is een verwijzing, een te diepe map of geen gewoon bestand",
                    en="is a link, a folder that lies too deep, or no ordinary file",
                ),
                where=short(path.relative_to(top).as_posix()),
            )
        elif depth or path.suffix != ".har":
            yield path


def _entries(folder: Path, top: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda item: item.name)
    except OSError as error:
        raise _missing(folder.relative_to(top).as_posix(), error) from None


def _no_double(folded: dict[str, str], path: str, where: str) -> None:
    other = folded.setdefault(unicodedata.normalize("NFC", path.casefold()), path)
    if other != path:
        raise EvidenceError(
            ProblemKind.UNSAFE,
            Text(
                nl="verschilt alleen in hoofdletters van een ander bestand",
                en="differs from another file in capitals only",
            ),
            where=where,
            received=f"{short(other)}, {short(path)}",
        )


def run_digest(folder: Path, kind: Kind = RUN) -> str:
    """SHA-256 of the bytes of ``run-start.json`` (of a dossier ``dossier.json``): what all is bound to.

    :raises EvidenceError: the file is absent or unreadable.
    """
    try:
        return digest_of(folder / kind.start)[1]
    except OSError as error:
        raise _missing(kind.start, error) from None


def make_manifest(folder: Path, kind: Kind = RUN) -> Manifest:
    """The manifest of a run folder as it stands; nothing is written.

    :raises EvidenceError: ``run-start.json`` is absent, or a file cannot belong to a run folder.
    """
    files = []
    for name, path in files_of(folder).items():
        try:
            size, sha256 = digest_of(path)
        except OSError as error:
            raise _missing(name, error) from None
        files.append(ManifestFile(path=name, size=size, sha256=sha256))
    return Manifest(
        format=kind.format, run=run_digest(folder, kind), files=tuple(files), root=root_of(files).hex()
    )


def write_manifest(folder: Path, kind: Kind = RUN) -> Manifest:
    """Make and write ``manifest.json``, the last thing that a run does before it is sealed.

    Only the owner of the folder does this: what killed processes left of unfinished writes is removed first.

    :raises EvidenceError: see :func:`make_manifest`.
    :raises HarnessError: it cannot be written.
    """
    disk.remove_temporaries(folder)
    manifest = make_manifest(folder, kind)
    disk.write(folder / NAME, encode(manifest))
    return manifest


def encode(manifest: Manifest) -> bytes:
    """The one form in which a manifest is written; its SHA-256 is what a seal signs."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def decode(data: bytes, kind: Kind = RUN) -> Manifest:
    """The manifest of these bytes.

    :raises EvidenceError: another format, damaged, unsorted, with doubles or unsafe paths, or not exactly in
        the form that :func:`encode` gives.
    """
    try:
        version = msgspec.json.decode(data, type=_Version).format
        if version != kind.format:
            raise EvidenceError(
                ProblemKind.FORMAT,
                Text(
                    nl="heeft een indeling die deze versie niet kent",
                    en="has a format that this version does not know",
                ),
                where=NAME,
                expected=kind.format,
                received=short(version),
            )
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise EvidenceError(
            ProblemKind.MANIFEST,
            Text(nl="is geen manifest", en="is not a manifest"),
            where=NAME,
            received=short(error),
        ) from None
    _check_order(manifest)
    if encode(manifest) != data:
        raise EvidenceError(
            ProblemKind.MANIFEST,
            Text(
                nl="staat niet in de vorm waarin de harness het schrijft",
                en="is not in the form in which the harness writes it",
            ),
            where=NAME,
        )
    return manifest


def _check_order(manifest: Manifest) -> None:
    before = b""
    folded: dict[str, str] = {}
    for number, file in enumerate(manifest.files):
        check_path(file.path)
        if number and file.path.encode() <= before:
            raise EvidenceError(
                ProblemKind.ORDER,
                Text(
                    nl="noemt een bestand dubbel of niet op volgorde",
                    en="names a file twice or out of order",
                ),
                where=NAME,
                received=short(file.path),
            )
        before = file.path.encode()
        _no_double(folded, file.path, NAME)


def root_of(files: list[ManifestFile] | tuple[ManifestFile, ...]) -> bytes:
    """Merkle root over the entries of a manifest, in their order."""
    return tree.root(_leaves(files))


def _leaves(files: list[ManifestFile] | tuple[ManifestFile, ...]) -> list[bytes]:
    return [tree.leaf(file.path, bytes.fromhex(file.sha256)) for file in files]


def compare(folder: Path, manifest: Manifest, kind: Kind = RUN) -> int:
    """Whether a folder holds exactly the files of its manifest; gives their number of bytes.

    :raises EvidenceError: the first difference: a missing file, an extra one, a changed one, the root, the
        run.
    """
    present = files_of(folder)
    named = {file.path: file for file in manifest.files}
    for name in named:
        if name not in present:
            raise _missing(name)
    for name in present:
        if name not in named:
            raise EvidenceError(
                ProblemKind.EXTRA,
                Text(nl="staat niet in het manifest", en="is not in the manifest"),
                where=short(name),
            )
    if sum(file.size for file in manifest.files) > MAX_BYTES:
        raise EvidenceError(
            ProblemKind.UNSAFE,
            Text(nl="noemt bestanden die samen te groot zijn", en="names files that are too large together"),
            where=NAME,
            expected=f"≤ {MAX_BYTES} bytes",
        )
    for name, file in named.items():
        try:
            size, sha256 = present[name].stat().st_size, ""
            if size == file.size:  # else it may be of any length
                size, sha256 = digest_of(present[name])
        except OSError as error:
            raise _missing(name, error) from None
        if (size, sha256) != (file.size, file.sha256):
            raise EvidenceError(
                ProblemKind.CHANGED,
                Text(nl="is veranderd", en="was changed"),
                where=short(name),
                expected=f"{file.size} bytes, sha256 {file.sha256}",
                received=f"{size} bytes, sha256 {sha256 or '-'}",
            )
    root = root_of(manifest.files).hex()
    if root != manifest.root:
        raise EvidenceError(
            ProblemKind.ROOT,
            Text(
                nl="de Merkle-wortel is niet die van de bestanden",
                en="the Merkle root is not that of the files",
            ),
            where=NAME,
            expected=root,
            received=manifest.root,
        )
    start = named.get(kind.start)
    if start is None:
        raise _missing(kind.start)
    if manifest.run != start.sha256:
        raise EvidenceError(
            ProblemKind.RUN,
            Text(nl=f"hoort bij een andere {kind.start}", en=f"belongs to another {kind.start}"),
            where=NAME,
            expected=start.sha256,
            received=manifest.run,
        )
    return sum(file.size for file in manifest.files)


def prove(manifest: Manifest, path: str) -> Proof:
    """The inclusion proof of one file: with it the file can be handed out alone.

    :raises KeyError: the manifest does not name the file.
    """
    leaves = _leaves(manifest.files)
    for index, file in enumerate(manifest.files):
        if file.path == path:
            siblings = tuple(item.hex() for item in tree.audit_path(leaves, index))
            return Proof(file=file, index=index, count=len(leaves), siblings=siblings, root=manifest.root)
    raise KeyError(path)


def check_proof(proof: Proof, data: bytes, root: str) -> None:
    """Whether ``data`` is the file that a proof is about, and belongs to the run with this root.

    :param root: hex; from a source that is trusted, such as a signed statement, never from the proof.
    :raises EvidenceError: it does not.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    check_path(proof.file.path, where=short(proof.file.path))
    if (len(data), sha256) != (proof.file.size, proof.file.sha256):
        raise EvidenceError(
            ProblemKind.CHANGED,
            Text(nl="is niet het bestand van dit bewijs", en="is not the file of this proof"),
            where=short(proof.file.path),
            expected=f"{proof.file.size} bytes, sha256 {proof.file.sha256}",
            received=f"{len(data)} bytes, sha256 {sha256}",
        )
    found = tree.root_from(
        tree.leaf(proof.file.path, bytes.fromhex(proof.file.sha256)),
        proof.index,
        proof.count,
        [bytes.fromhex(item) for item in proof.siblings],
    )
    if found is None or found.hex() != root or proof.root != root:
        raise EvidenceError(
            ProblemKind.ROOT,
            Text(nl="hoort niet bij de run met deze wortel", en="does not belong to the run with this root"),
            where=short(proof.file.path),
            expected=root,
            received=found.hex() if found else "",
        )


class _Version(msgspec.Struct):
    format: str


def _missing(name: str, error: OSError | None = None) -> EvidenceError:
    return EvidenceError(
        ProblemKind.MISSING,
        Text(nl="ontbreekt", en="is missing")
        if error is None or isinstance(error, FileNotFoundError)
        else Text(nl="kan niet worden gelezen", en="cannot be read"),
        where=short(name),
        received=disk.reason(error) if error else "",
    )
