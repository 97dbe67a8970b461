"""What ``harness judge`` says by another catalogue, or in another release: tomorrow's verdict."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.console import Console

from harness.cli.dossier.compare import changes_document, print_changes
from harness.cli.dossier.verified import dossier_folder, is_dossier
from harness.cli.evidence.shown import refuse_unreadable
from harness.core.clock import SystemClock, today
from harness.core.exits import ExitCode
from harness.core.run.agreed.waivers import read_waivers
from harness.core.run.findings import Finding
from harness.core.run.info import RunInfo
from harness.core.text import Lang, Text
from harness.judge.catalogue import Catalogue, load_catalogue, with_changes
from harness.judge.evidence.otherwise import Again, Otherwise, judge_otherwise
from harness.report.dossier.check import whole_manifest
from harness.report.dossier.combine import combined
from harness.report.dossier.compare import Comparison, Side, compare, verdicts
from harness.report.dossier.document import WAIVERS, read_dossier
from harness.report.dossier.otherwise import made_with
from harness.report.summary import RunSummary, summarise
from harness.report.words import VERDICT, amount, more

INSTALLED: Final = "installed"
_AGAIN = Text(nl="opnieuw te rijden: {count}", en="to be driven again: {count}")
_NONE = Text(
    nl="de opnamen bevatten alles wat er nu wordt gevraagd",
    en="the recordings hold all that is asked now",
)
_WITHDRAWN = Text(nl="niet meer gevraagd: {ids}", en="no longer asked: {ids}")
_LIMIT: Final = 20


@dataclass(frozen=True)
class _Judged:
    """A run or a dossier, judged otherwise."""

    runs: Sequence[Otherwise]
    summary: RunSummary
    comparison: Comparison
    code: ExitCode

    @property
    def again(self) -> list[Again]:
        return [item for run in self.runs for item in run.again]

    @property
    def withdrawn(self) -> list[str]:
        return sorted({name for run in self.runs for name in run.withdrawn})


def judged_otherwise(path: Path, catalogue: str, release: str, lang: Lang, *, as_json: bool) -> int:
    """Judge a run or a dossier by another catalogue or in another release; gives the exit code.

    :param catalogue: :data:`INSTALLED`, or a file with changes.
    """
    base = load_catalogue()
    new = base if catalogue == INSTALLED else with_changes(base, Path(catalogue))
    with ExitStack() as stack:
        stack.enter_context(refuse_unreadable(path, as_json=as_json, lang=lang))
        folder = stack.enter_context(dossier_folder(path))
        found = _judged(folder, new, base, release, of_dossier=is_dossier(path))
    if as_json:
        told = msgspec.json.format(msgspec.json.encode(_document(path, found, new, release)), indent=2)
        sys.stdout.write(told.decode() + "\n")
    else:
        _print(found, new, lang)
    return int(found.code)


def _judged(folder: Path, new: Catalogue, base: Catalogue, release: str, *, of_dossier: bool) -> _Judged:
    places = [folder]
    if of_dossier:
        whole_manifest(folder)
        places = [folder / run.folder for run in read_dossier(folder).runs]
    runs = [judge_otherwise(place, new, base, release) for place in places]
    infos = [run.judged.info for run in runs]
    info = infos[0]
    if of_dossier:
        path, day = folder / WAIVERS, today(SystemClock())
        waivers = read_waivers(path, day) if path.is_file() else ()
        info = combined(infos, read_dossier(folder).subject, waivers)
    findings = [item for run in runs for item in run.judged.findings]
    summary = summarise(info, findings, new)
    before = [item for run in runs for item in run.before]
    then, now = _side("then", info, before, new), _side("now", info, findings, new)
    code = summary.result.code(exchanges=sum(run.judged.exchanges for run in runs))
    return _Judged(runs, summary, compare(then, now), code)


def _side(name: str, info: RunInfo, findings: Sequence[Finding], catalogue: Catalogue) -> Side:
    parties = {item.id: item for item in info.participants}
    return Side(name=name, when=info.now, parties=parties, verdicts=verdicts(findings, catalogue))


def _print(found: _Judged, new: Catalogue, lang: Lang) -> None:
    console = Console(soft_wrap=True, highlight=False)
    for line in dict.fromkeys(made_with(run, new) for run in found.runs):
        console.print(line.of(lang), style="yellow", markup=False)
    print_changes(console, found.comparison, new, lang, limit=12)
    if found.withdrawn:
        console.print(_WITHDRAWN.format(ids=", ".join(found.withdrawn)).of(lang), markup=False)
    count = amount(len({item.requirement for item in found.again}), "any requirement")
    console.print((_AGAIN.format(count=count) if found.again else _NONE).of(lang), style="bold", markup=False)
    lines = list(_grouped(found.again, new))
    for line in lines[:_LIMIT]:
        console.print(f"  {line.of(lang)}", markup=False)
    if len(lines) > _LIMIT:
        console.print(f"  … {more(len(lines) - _LIMIT).of(lang)} (--json)", markup=False)
    for item in found.summary.parties.values():
        if found.summary.stated(item) or found.summary.result.rehearsal:
            console.print(item.headline.of(lang), style="bold", markup=False)


def _grouped(again: Sequence[Again], catalogue: Catalogue) -> Iterator[Text]:
    """What has to be driven again, a line per requirement and reason."""
    cells: dict[tuple[str, Text], list[str]] = {}
    for item in again:
        cells.setdefault((item.requirement, item.why), []).append(item.cell.name)
    for (name, why), where in sorted(cells.items(), key=lambda pair: pair[0][0]):
        title, number = catalogue[name].title, amount(len(where), "cell")
        yield Text(
            nl=f"{name} {title.nl} ({number.nl}, {where[0]} …): {why.nl}",
            en=f"{name} {title.en} ({number.en}, {where[0]} …): {why.en}",
        )


def _document(path: Path, found: _Judged, new: Catalogue, release: str) -> dict[str, Any]:
    return {
        "schema": "otherwise-1",
        "path": str(path),
        "exit": int(found.code),
        "catalogue": new.digest,
        "release": release,
        "made_with": [{"catalogue": run.made_with, "harness": run.harness} for run in found.runs],
        **changes_document(found.comparison),
        "withdrawn": found.withdrawn,
        "again": [
            {
                "cell": item.cell.key,
                "requirement": item.requirement,
                "before": VERDICT[item.before].en if item.before is not None else None,
                "why": {"nl": item.why.nl, "en": item.why.en},
            }
            for item in found.again
        ],
        "parties": [
            {"id": item.party.id, "role": item.party.role, "outcome": item.standing.outcome.value}
            for item in found.summary.parties.values()
        ],
    }
