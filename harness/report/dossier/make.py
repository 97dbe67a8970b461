"""Making a dossier of finished runs, with what people put beside them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from harness import __version__
from harness.core.clock import AMSTERDAM
from harness.core.run import manifest
from harness.core.run.agreed import attestations as attested
from harness.core.run.agreed.waivers import Waiver, encode
from harness.core.run.findings import Finding
from harness.core.run.info import RunInfo
from harness.core.run.place import disk
from harness.judge.catalogue import Catalogue
from harness.judge.evidence.sealing import stated
from harness.judge.evidence.verification import rejudge
from harness.record.seal.envelope import seal_folder
from harness.record.seal.keys import SigningKey
from harness.record.verify import verify_files
from harness.report.dossier.beside import check_beside
from harness.report.dossier.combine import combined, subject_of
from harness.report.dossier.document import WAIVERS, Dossier, HeldRun, write_dossier
from harness.report.dossier.pack import pack


@dataclass(frozen=True)
class Content:
    """What goes into a dossier.

    :ivar runs: finished run folders.
    :ivar vendor: whose it is: a vendor's name, or the id of a HIS; ``""``: there is one live HIS.
    :ivar attestations: folders with attestations beside the runs.
    :ivar waivers: beside what the runs froze.
    """

    runs: Sequence[Path]
    vendor: str = ""
    region: str = ""
    attestations: Sequence[Path] = ()
    waivers: Sequence[Waiver] = field(default_factory=tuple)


@dataclass(frozen=True)
class Made:
    """A dossier in a folder of its own, before it is packed.

    :ivar info: all runs as one.
    """

    folder: Path
    vendor: str
    info: RunInfo
    findings: tuple[Finding, ...]


class DossierMaker:
    """Puts a dossier together in a temporary folder; a context manager.

    :raises EvidenceError: a run does not hold together.
    :raises UserError: the runs cannot be said of one supplier.
    """

    def __init__(self, content: Content, catalogue: Catalogue, now: datetime) -> None:
        self._content = content
        self._catalogue = catalogue
        self._now = now
        self._temporary = TemporaryDirectory(prefix="dossier-")

    def __enter__(self) -> Made:
        folder = Path(self._temporary.name)
        infos: list[RunInfo] = []
        held: list[HeldRun] = []
        findings: list[Finding] = []
        for number, run in enumerate(self._content.runs, 1):
            facts = verify_files(run)
            found = rejudge(run, self._catalogue)
            if found.problem is not None:
                raise found.problem.error()
            place = f"runs/{number:02}"
            _copy_run(run, folder / place)
            infos.append(found.info)
            findings += found.findings
            held.append(HeldRun(folder=place, run=facts.run, root=facts.root))
        vendor, subject = subject_of(infos, self._content.vendor)
        info = combined(infos, subject, self._content.waivers)
        self._beside(folder)
        write_dossier(
            folder,
            Dossier(
                vendor=vendor,
                subject=subject,
                region=self._content.region,
                made=self._now.isoformat(),
                harness=__version__,
                runs=tuple(held),
            ),
        )
        manifest.write_manifest(folder, manifest.DOSSIER)
        check_beside(folder, held, info, self._catalogue, self._now.astimezone(AMSTERDAM).date())
        return Made(folder, vendor, info, tuple(findings))

    def __exit__(self, *_: object) -> None:
        self._temporary.cleanup()

    def _beside(self, folder: Path) -> None:
        """What people put beside the runs."""
        if self._content.waivers:
            disk.write(folder / WAIVERS, encode(dict.fromkeys(self._content.waivers)))
        for number, place in enumerate(self._content.attestations):
            for item in attested.attestations(place):
                target = folder / attested.FOLDER / f"{item.folder.name}-{number}"
                target.mkdir(parents=True)
                for name in item.files:
                    shutil.copyfile(item.folder / name, target / name)


def seal_and_pack(made: Made, key: SigningKey | None, catalogue: Catalogue, out: Path, now: datetime) -> None:
    """Sign a dossier that is ready, if there is a key, and write it as one file.

    :raises HarnessError: it cannot be written.
    """
    if key is not None:
        told = stated(made.info, made.findings, catalogue)
        seal_folder(made.folder, key, facts=told.facts, summary=told.summary, now=now, kind=manifest.DOSSIER)
    pack(made.folder, out)


def _copy_run(run: Path, target: Path) -> None:
    """What the manifest of a run names, with manifest and seal; nothing that is generated."""
    names = [*manifest.files_of(run), manifest.NAME, manifest.SEAL]
    for name in names:
        if (run / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(run / name, target / name)
