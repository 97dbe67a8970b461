"""What ``harness verify`` says of a dossier."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from harness.core.clock import SystemClock
from harness.core.run import manifest
from harness.core.run.challenge import Challenge
from harness.core.text import Lang, Text
from harness.judge.catalogue import load_catalogue
from harness.record.seal.countersign import beside
from harness.record.seal.limits import SUPPLIERS_WORDS
from harness.record.seal.trust import Trust
from harness.report.dossier.agreed import agreement
from harness.report.dossier.check import CheckedDossier, check_dossier
from harness.report.dossier.pack import is_packed, unpacked
from harness.report.dossier.waived import waiver_troubles
from harness.report.programme.ehds import AnnexRow, annex
from harness.report.words import STATE, STATE_SYMBOL, amount, more

WHOLE = Text(
    nl="heel dossier van {vendor}: {runs}, {files}, {exchanges}",
    en="whole dossier of {vendor}: {runs}, {files}, {exchanges}",
)
_OPEN = Text(
    nl="{count} basiseisen houden een oordeel nog tegen:",
    en="{count} basic requirements still stand in the way:",
)
_EHDS = Text(
    nl="informatief: bevat delen van {partly} van de {number} onderdelen van de technische documentatie "
    "volgens de EHDS (--json, en in het rapport)",
    en="informative: holds parts of {partly} of the {number} items of the technical documentation by the "
    "EHDS (--json, and in the report)",
)


def is_dossier(path: Path) -> bool:
    """Whether a path is a dossier, packed or not."""
    return is_packed(path) or (path / manifest.DOSSIER.start).is_file()


@contextmanager
def dossier_folder(path: Path) -> Iterator[Path]:
    """The folder of a dossier, packed or not, for as long as it is looked at."""
    if not is_packed(path):
        yield path
        return
    with unpacked(path) as folder:
        yield folder


def checked(path: Path, trust: Trust | None, challenges: Sequence[Challenge] = ()) -> CheckedDossier:
    """A dossier, checked now.

    :param challenges: those that were given; with them every run has to be bound to one.
    :raises EvidenceError: something in it does not hold together.
    """
    with dossier_folder(path) as folder:
        return check_dossier(
            folder,
            load_catalogue(),
            now=SystemClock().now(),
            trust=trust,
            countersignature=beside(path) if beside(path).is_file() else None,
            challenges=challenges,
        )


def document(path: Path, found: CheckedDossier) -> dict[str, Any]:
    """The JSON output, beside what is said of a run."""
    return {
        "schema": "dossier-evidence-1",
        "dossier": str(path),
        "vendor": found.dossier.vendor,
        "exit": int(found.code),
        "outcome": found.outcome.value,
        "root": found.root,
        "manifest": found.manifest,
        "files": found.files,
        "runs": [run.folder for run in found.dossier.runs],
        "exchanges": found.exchanges,
        "identifiers_checked": sum(item.checked for item in found.bound),
        "basiseisen": [
            {
                "id": row.basiseis.id,
                "class": row.basiseis.kind,
                "state": row.state.value,
                "blocking": row.basiseis.blocking,
                "reason": {"nl": row.reason.nl, "en": row.reason.en},
                "until": row.attestation.until if row.attestation is not None else None,
            }
            for row in found.basiseisen
        ],
        "ehds": [
            {"id": row.item.id, "partly": row.partly, "here": row.here, "open": row.open}
            for row in _annex(found)
        ],
        "countersigned": {"by": found.countersigned.agreed.by, "at": found.countersigned.agreed.signed}
        if found.countersigned is not None
        else None,
        "waivers": {
            "named": list(found.waivers),
            "expired": [item.fingerprint for item in found.summary.result.cover.expired],
            "stale": [item.fingerprint for item in found.summary.result.cover.stale],
        },
    }


def _annex(found: CheckedDossier) -> list[AnnexRow]:
    """What it fills of the technical documentation of its HIS."""
    parties = (found.summary.parties.get(name) for name in found.dossier.subject)
    his = next((item for item in parties if item is not None and item.party.role == "his"), None)
    return annex(found.summary, his) if his is not None else []


def whole(found: CheckedDossier, lang: Lang) -> str:
    """That a dossier holds together, in one sentence."""
    told = {
        "runs": amount(len(found.dossier.runs), "run").of(lang),
        "files": amount(found.files, "file").of(lang),
        "exchanges": amount(found.exchanges, "exchange").of(lang),
    }
    return WHOLE.format(vendor=found.dossier.vendor, **told).of(lang)


def show(console: Console, found: CheckedDossier, lang: Lang, limit: int = 12) -> None:
    """The same for people; the outcome of each party is printed by who calls this."""
    for trouble in waiver_troubles(found.summary.result.cover):
        console.print(trouble.of(lang), style="bold red", markup=False)
    if found.unagreed:
        console.print(SUPPLIERS_WORDS.of(lang), style="yellow", markup=False)
    agreed = agreement(found)
    if agreed is not None:
        console.print(agreed.of(lang), style="" if found.countersigned else "yellow", markup=False)
    rows = _annex(found)
    if rows:
        partly = sum(row.partly for row in rows)
        console.print(_EHDS.format(partly=partly, number=len(rows)).of(lang), style="dim", markup=False)
    if not found.open:
        return
    console.print(_OPEN.format(count=len(found.open)).of(lang), markup=False)
    for row in found.open[:limit]:
        told = f"  {STATE_SYMBOL[row.state]} {row.basiseis.id} {row.basiseis.title.of(lang)}"
        console.print(f"{told} – {STATE[row.state].of(lang)}: {row.reason.of(lang)}", markup=False)
    if len(found.open) > limit:
        console.print(f"  … {more(len(found.open) - limit).of(lang)} (--json)", markup=False)
