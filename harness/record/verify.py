"""Verification of a run folder: everything that can be told without judging again, the first problem first.

The order: format, manifest, its files (missing, extra, changed), root, the run that all belongs to,
recordings (chain, head, bodies, end), and for a sealed folder statement, signature and trust. Nothing in the
folder is believed before it was checked, and every read is bounded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from harness.core.errors import InputError
from harness.core.run import manifest
from harness.core.run.folder import check_format
from harness.core.run.place import contents, disk
from harness.core.run.problems import EvidenceError, ProblemKind, short
from harness.core.text import Text
from harness.record.chain.bodies import BodyStore
from harness.record.chain.lines import Head, Reason
from harness.record.chain.read import ChainReader, check_single
from harness.record.chain.units import UnitFile, units_in
from harness.record.seal.envelope import Sealed, check_seal
from harness.record.seal.trust import Trust


@dataclass(frozen=True)
class UnitFacts:
    """One recording that was found right."""

    place: str
    unit: str
    attempt: int
    exchanges: int
    reason: Reason


@dataclass(frozen=True)
class Facts:
    """What is certain of a folder without a problem.

    :ivar run: SHA-256 of ``run-start.json``.
    :ivar root: Merkle root, hex.
    :ivar manifest: SHA-256 of ``manifest.json``.
    :ivar files: number of files in the manifest; ``size``: their bytes.
    :ivar seal: ``None``: not sealed; then nothing is proved against intent
        (:data:`harness.record.seal.limits.UNSEALED`).
    """

    run: str
    root: str
    manifest: str
    files: int
    size: int
    units: Sequence[UnitFacts]
    seal: Sealed | None = None

    @property
    def exchanges(self) -> int:
        """Exchanges in all recordings."""
        return sum(unit.exchanges for unit in self.units)


def verify_folder(path: Path, *, now: datetime, trust: Trust | None = None) -> Facts:
    """Verify a run folder.

    :param now: clock value for the validity of certificates.
    :param trust: whose signature is believed. With it a folder without a seal is a problem; without it a
        folder *with* one is, for then nobody can tell who signed.
    :raises EvidenceError: the first problem. One of kind *format* means that the folder cannot be read as a
        run at all.
    """
    facts = verify_files(path)
    return replace(facts, seal=seal_of(path, _manifest_bytes(path), facts.root, facts.run, trust, now))


def seal_of(
    path: Path, data: bytes, root: str, run: str, trust: Trust | None, now: datetime
) -> Sealed | None:
    """The seal of a folder, checked; ``None`` when there is none and nobody asked for one.

    :param data: the bytes of its manifest, ``root`` and ``run`` as in it.
    :raises EvidenceError: as of :func:`verify_folder`.
    """
    if trust is not None:
        return check_seal(path, data, root, run, trust, now)
    if not (path / manifest.SEAL).exists():
        return None
    raise EvidenceError(
        ProblemKind.UNTRUSTED,
        Text(
            nl="is ondertekend, maar er zijn geen vertrouwde sleutels opgegeven",
            en="is signed, but no trusted keys were given",
        ),
        where=manifest.SEAL,
    )


def verify_files(path: Path) -> Facts:
    """Verify a run folder but for its seal: manifest, files, recordings.

    :raises EvidenceError: the first problem.
    """
    data = _manifest_bytes(path)
    made = manifest.decode(data)
    for file in made.files:
        if not contents.is_ours(file.path):
            raise EvidenceError(
                ProblemKind.EXTRA,
                Text(nl="is geen bestand dat een run schrijft", en="is no file that a run writes"),
                where=short(file.path),
            )
    size = manifest.compare(path, made)
    return Facts(
        run=made.run,
        root=made.root,
        manifest=hashlib.sha256(data).hexdigest(),
        files=len(made.files),
        size=size,
        units=_check_units(path, made.run),
    )


def _manifest_bytes(path: Path) -> bytes:
    """The manifest, or the reason why there is none."""
    name = path / manifest.NAME
    if name.is_file() and not name.is_symlink():
        try:
            return disk.read(name, manifest.MAX_MANIFEST)
        except InputError as error:
            raise EvidenceError(
                ProblemKind.MANIFEST,
                error.message,
                where=manifest.NAME,
                expected=error.expected,
                received=error.received,
            ) from None
    check_format(path)
    raise EvidenceError(
        ProblemKind.UNFINISHED,
        Text(
            nl="ontbreekt: de run is niet afgemaakt en niet gezegeld",
            en="is missing: the run is unfinished and not sealed",
        ),
        where=manifest.NAME,
    )


def _check_units(path: Path, run: str) -> list[UnitFacts]:
    """Every recording from head to end, and what the recordings of one unit say together."""
    bodies = BodyStore(path)
    found = []
    finished: dict[str, UnitFile] = {}
    before: UnitFile | None = None
    for item in units_in(path):
        expected = before.attempt + 1 if before is not None and before.stem == item.stem else 0
        if item.attempt != expected:
            raise EvidenceError(
                ProblemKind.UNIT,
                Text(
                    nl="is dubbel, of een eerdere poging ontbreekt",
                    en="is double, or an earlier attempt is missing",
                ),
                where=item.place,
                expected=str(expected),
                received=str(item.attempt),
            )
        before = item
        reader = ChainReader(item.path, bodies, run=run)
        for _ in reader:
            pass
        facts = _unit_facts(item, reader)
        if facts.reason == "finished":
            check_single(finished, item)
        found.append(facts)
    return found


def _unit_facts(item: UnitFile, reader: ChainReader) -> UnitFacts:
    head: Head | None = reader.head
    if head is None or reader.end is None or reader.torn:
        raise EvidenceError(
            ProblemKind.END,
            Text(nl="is niet afgesloten", en="did not end"),
            where=f"{item.place}, line {reader.lines + 1}",
            received=f"{reader.torn} bytes" if reader.torn else "",
        )
    return UnitFacts(
        place=item.place,
        unit=head.unit,
        attempt=head.attempt,
        exchanges=reader.count,
        reason=reader.end.reason,
    )
