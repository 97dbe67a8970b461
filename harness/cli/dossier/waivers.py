"""``harness waivers``: write and check what may stay for now."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from harness.cli.evidence.shown import RunArgument, refuse_unreadable
from harness.cli.options import LangOption
from harness.core.clock import SystemClock, today
from harness.core.errors import UsageError, nearest
from harness.core.exits import ExitCode
from harness.core.run.agreed.waivers import Waiver, encode, fingerprint, read_waivers
from harness.core.run.folder import RunFolder
from harness.core.run.place import disk
from harness.core.tdates import parse_day
from harness.core.text import Lang, Text
from harness.core.verdicts import Verdict
from harness.judge.catalogue import load_catalogue
from harness.judge.outcome.tally import key_of
from harness.judge.outcome.waiving import cover
from harness.report.dossier.waived import waived_line, waiver_troubles
from harness.report.summary import by_waiver

app = typer.Typer(no_args_is_help=True)
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="YAML file with waivers.")]
OnOption = Annotated[
    str | None, typer.Option("--on", metavar="DATE", help="As on this day (default: today).")
]
_ADDED = Text(
    nl="toegevoegd aan {file}: {mark} ({requirement})", en="added to {file}: {mark} ({requirement})"
)
_NOTHING = Text(nl="geen enkele bevinding van deze run wordt gedekt", en="no finding of this run is covered")


@app.command()
def add(
    run: RunArgument,
    finding: Annotated[
        list[str], typer.Argument(metavar="FINDING...", help="Findings by id, or a requirement: all of its.")
    ],
    file: Annotated[Path, typer.Option("--file", help="File to add them to; made when it is not there.")],
    reason: Annotated[str, typer.Option("--reason", help="Why the fault may stay for now.")],
    issue: Annotated[str, typer.Option("--issue", help="Where the repair is followed.")],
    owner: Annotated[str, typer.Option("--owner", help="Who repairs it, at the vendor.")],
    approver: Annotated[str, typer.Option("--approver", help="Who agreed, at the bureau.")],
    expires: Annotated[str, typer.Option("--expires", metavar="DATE", help="Last day on which it holds.")],
    lang: LangOption = "nl",
) -> None:
    """Write waivers for failed findings of a run; the run itself is not changed."""
    language: Lang = "en" if lang == "en" else "nl"
    catalogue = load_catalogue()
    with refuse_unreadable(run, as_json=False, lang=language):
        failed = [item for item in RunFolder.open(run).judged() if item.verdict is Verdict.FAIL]
    known = {item.id for item in failed} | {item.requirement for item in failed}
    for name in finding:
        if name not in known:
            hint = nearest(name, known)
            raise UsageError(
                Text(nl=f"geen fout met deze naam: '{name}'", en=f"no failed finding of this name: '{name}'"),
                where=str(run),
                next_step=Text(nl=f"bedoelde u {hint}?", en=f"did you mean {hint}?") if hint else "",
            )
    last, day = parse_day(expires), today(SystemClock())
    old = read_waivers(file, day) if file.exists() else ()
    found = {item.fingerprint: item for item in old}
    given = {
        "reason": _words("--reason", reason),
        "issue": _words("--issue", issue),
        "owner": _words("--owner", owner),
        "approver": _words("--approver", approver),
    }
    for item in failed:
        if not {item.id, item.requirement} & set(finding) or item.requirement not in catalogue:
            continue
        mark = fingerprint(key_of(catalogue[item.requirement], item.cell), item)
        if mark not in found:
            found[mark] = Waiver(fingerprint=mark, requirement=item.requirement, expires=last, **given)
            found[mark].check(str(file), day)
            told = _ADDED.format(file=file, mark=mark, requirement=item.requirement)
            typer.echo(told.of(language))
    disk.write(file, encode(found.values()))


def _words(option: str, value: str) -> str:
    if not value.strip():
        raise UsageError(Text(nl="mag niet leeg zijn", en="may not be empty"), where=option)
    return value.strip()


@app.command()
def check(
    file: FileArgument,
    run: Annotated[list[Path] | None, typer.Option("--run", help="Run that they are for.")] = None,
    on: OnOption = None,
    lang: LangOption = "nl",
) -> None:
    """Say what waivers cover in runs, which expired, and which cover nothing any more (exit code 1)."""
    language: Lang = "en" if lang == "en" else "nl"
    console = Console(soft_wrap=True, highlight=False)
    catalogue = load_catalogue()
    day = parse_day(on) if on else today(SystemClock())
    waivers = read_waivers(file, day)
    for waiver in waivers:
        _ = catalogue[waiver.requirement]
    bad = False
    for path in run or ():
        with refuse_unreadable(path, as_json=False, lang=language):
            folder = RunFolder.open(path)
            findings = folder.judged()
        done = cover(waivers, findings, catalogue, day)
        for waiver, found in by_waiver((done.waived[i.id], i) for i in findings if i.id in done.waived):
            told = waived_line(waiver, found, catalogue)
            console.print(f"{path}: {told.of(language)}", markup=False)
        if not done.waived:
            console.print(f"{path}: {_NOTHING.of(language)}", markup=False)
        for trouble in waiver_troubles(done):
            bad = True
            console.print(f"{path}: {trouble.of(language)}", style="bold red", markup=False)
    raise typer.Exit(int(ExitCode.FAILED if bad else ExitCode.OK))
