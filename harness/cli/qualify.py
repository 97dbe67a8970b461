"""``harness qualify``: plan all cells, run them through pytest, print the matrix and what to do."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import pytest
import typer
from rich.console import Console

from harness.cli import BEGAN
from harness.cli.options import (
    AtOption,
    BudgetOption,
    ForOption,
    JsonOption,
    LangOption,
    ReplaceOption,
    ResumeOption,
    VerdictOption,
)
from harness.cli.progress import ProgressPlugin
from harness.core.clock import SystemClock
from harness.core.data import scenarios_path
from harness.core.errors import UsageError, nearest
from harness.core.exits import ExitCode
from harness.core.run.folder import RunFolder
from harness.core.run.info import INTENSITIES, Intensity, Selection
from harness.core.run.limits import REST, cores, shown_seconds
from harness.core.run.place.claim import chosen_mode
from harness.core.run.place.lock import check_free
from harness.core.text import Lang, Text
from harness.core.verdicts import Blame
from harness.judge.catalogue import load_catalogue
from harness.judge.outcome.result import run_result
from harness.matrix.preparation import DEMO, RunOptions, prepare
from harness.network.doctor import examine
from harness.network.file import Network
from harness.network.limits.duration import seconds_of
from harness.plugin.options import SELECTORS
from harness.plugin.session import unfinished
from harness.report.console import print_run
from harness.report.doctor import alike, diagnosis_block, doctor_code
from harness.report.machine.summary import run_document
from harness.report.summary import summarise
from harness.report.words import word

app = typer.Typer()
_STOPPED = Text(
    nl="het budget van de run ({given}) is {rest} voorbij en er was nog werk: alles is gestopt. Wat is "
    "opgenomen staat in de run-map; ga ermee verder met --resume",
    en="the budget of the run ({given}) is {rest} over and there was still work: everything was stopped. "
    "What was recorded is in the run folder; go on with it with --resume",
)


@app.command()
def qualify(
    network: Annotated[
        str, typer.Option("--network", help="Network file; default: the demo network.")
    ] = DEMO,
    vendor: Annotated[
        list[str] | None, typer.Option("--vendor", help="Only this HIS (id or vendor).")
    ] = None,
    standard: Annotated[list[str] | None, typer.Option("--standard", help="Only this standard.")] = None,
    pgo: Annotated[list[str] | None, typer.Option("--pgo", help="Only this PGO.")] = None,
    dvza: Annotated[list[str] | None, typer.Option("--dvza", help="Only this DVZA.")] = None,
    release: Annotated[
        list[str] | None, typer.Option("--release", help="Release family (mm-2.2 …), or 'all'.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Only this requirement or scenario.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Run folder.")] = None,
    resume: ResumeOption = False,
    replace: ReplaceOption = False,
    challenge: Annotated[
        Path | None, typer.Option("--challenge", help="Challenge of a bureau that the run is bound to.")
    ] = None,
    waivers: Annotated[
        Path | None, typer.Option("--waivers", help="Waivers: findings that may stay for now (YAML).")
    ] = None,
    budget: BudgetOption = None,
    read_only: Annotated[
        bool,
        typer.Option("--read-only", help="Write nothing to a live party; what sends data is not tested."),
    ] = False,
    clean_up: Annotated[
        bool,
        typer.Option(
            "--clean-up", help="Delete in the end what was written to live parties, or say why not."
        ),
    ] = False,
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs", metavar="N", min=0, help="Processes that drive cells at once (0: one per core)."
        ),
    ] = 1,
    at: AtOption = None,
    intensity: Annotated[str, typer.Option("--intensity", help="smoke, normal or full.")] = "normal",
    skip_doctor: Annotated[
        bool, typer.Option("--skip-doctor", help="Do not look at the configuration first.")
    ] = False,
    no_sharing: Annotated[
        bool,
        typer.Option(
            "--no-sharing",
            help="Drive everything in every cell, also what does not depend on all of its parties.",
        ),
    ] = False,
    subject: ForOption = None,
    require_verdict: VerdictOption = False,
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """Qualify every HIS of a network with every DVZA and PGO, per standard and release."""
    language: Lang = "en" if lang == "en" else "nl"
    seconds = seconds_of(budget) if budget is not None else 0.0
    if out is not None:
        check_free(out)  # before everything that takes time
    options = RunOptions(
        network=network,
        out=str(out) if out else None,
        mode=chosen_mode(resume=resume, replace=replace),
        challenge=str(challenge) if challenge else None,
        waivers=str(waivers) if waivers else None,
        budget=budget,
        read_only=read_only,
        clean_up=clean_up,
        jobs=jobs or cores(),
        at=at,
        intensity=_intensity(intensity),
        selection=Selection(
            vendors=tuple(vendor or ()),
            standards=tuple(standard or ()),
            pgos=tuple(pgo or ()),
            dvzas=tuple(dvza or ()),
            releases=tuple(release or ()),
            only=tuple(only or ()),
        ),
        sharing=not no_sharing,
        subject=tuple(subject or ()),
        verdict_required=require_verdict,
        began=BEGAN.get(),
    )
    with _ended(seconds, language) if seconds else contextlib.nullcontext():
        code = _qualified(options, language, examined=not skip_doctor, as_json=as_json)
    raise typer.Exit(code)


@contextlib.contextmanager
def _ended(budget: float, lang: Lang) -> Iterator[None]:
    """End the process when it goes on long after its budget: the last resort, when nothing else ended it.

    Whatever was recorded until then is whole.
    """
    told = _STOPPED.format(given=shown_seconds(budget), rest=shown_seconds(REST)).of(lang)

    def end() -> None:
        os.write(2, f"{told}\n".encode())
        os._exit(int(ExitCode.UNDECIDED))

    alarm = threading.Timer(max(1.0, BEGAN.get() + budget + REST - time.monotonic()), end)
    alarm.daemon = True
    alarm.start()
    try:
        yield
    finally:
        alarm.cancel()


def _qualified(options: RunOptions, language: Lang, *, examined: bool, as_json: bool) -> int:
    """Run, and tell what came of it; gives the exit code."""
    place = _prepared(options, language, examined=examined)
    progress = ProgressPlugin(Console(stderr=True), language)
    folder = RunFolder(place)
    try:
        code = int(pytest.main(_words(options, place, language), plugins=[progress]))
    except KeyboardInterrupt:  # it came while pytest itself was opening or closing
        code = _stopped(folder, language)
    if progress.started and folder.started and code != ExitCode.USAGE:  # else it was refused: nothing to tell
        _print(folder, as_json, language, code)
    return code


def _stopped(run: RunFolder, lang: Lang) -> int:
    """The exit code of a run that was stopped outside of its cells: that of the run when it had ended."""
    if not run.finished:
        if run.started:
            typer.echo(unfinished(run.path).of(lang), err=True)
        return int(ExitCode.UNDECIDED if run.started else ExitCode.NOTHING_RAN)
    exchanges = sum(result.exchanges for result in run.results())
    return int(run_result(run.info(), run.judged(), load_catalogue()).code(exchanges=exchanges))


def _prepared(options: RunOptions, lang: Lang, *, examined: bool) -> Path:
    """The folder of the run, when nothing is wrong with what is asked.

    The plugin prepares again; here a mistake is one message and not a pytest session. What was read leaves
    memory before the run begins.
    """
    prepared = prepare(options, load_catalogue(), SystemClock())
    if examined:
        _preflight(prepared.network, lang)
    return prepared.folder


def _intensity(word: str) -> Intensity:
    for known in INTENSITIES:
        if word == known:
            return known
    hint = nearest(word, INTENSITIES)
    raise UsageError(
        Text(nl=f"onbekende intensiteit '{word}'", en=f"unknown intensity '{word}'"),
        expected=", ".join(INTENSITIES),
        next_step=Text(nl=f"bedoelde u '{hint}'?", en=f"did you mean '{hint}'?") if hint else "",
    )


def _words(options: RunOptions, folder: Path, lang: Lang) -> list[str]:
    """The command line of the other front door, pytest, for the same run."""
    scenarios = str(scenarios_path())
    # Of the plugins that happen to be installed none but ours: others reorder items, or change outcomes.
    words = ["--disable-plugin-autoload", "-p", "allure_pytest", "-p", "medmij-harness"]
    words += ["-p", "no:cacheprovider", "-p", "no:terminal", "-o", "addopts=", "--import-mode=importlib"]
    words += ["--rootdir", scenarios, "--harness-network", options.network, "--harness-out", str(folder)]
    words += ["--harness-lang", lang, "--harness-intensity", options.intensity]
    words += {"new": [], "resume": ["--harness-resume"], "replace": ["--harness-replace"]}[options.mode]
    if options.challenge:
        words += ["--harness-challenge", options.challenge]
    if options.waivers:
        words += ["--harness-waivers", options.waivers]
    if options.budget:
        words += ["--harness-budget", options.budget, "--harness-began", repr(options.began)]
    if options.jobs > 1:
        words += ["--harness-jobs", str(options.jobs)]
    if options.read_only:
        words.append("--harness-read-only")
    if options.clean_up:
        words.append("--harness-clean-up")
    if options.at:
        words += ["--harness-at", options.at]
    for name, field in SELECTORS.items():
        for value in getattr(options.selection, field):
            words += [f"--harness-{name}", value]
    if not options.sharing:
        words.append("--harness-no-sharing")
    for party in options.subject:
        words += ["--harness-for", party]
    if options.verdict_required:
        words.append("--harness-require-verdict")
    return [*words, scenarios]


def _preflight(network: Network, lang: Lang) -> None:
    """Show what the doctor finds; a problem of configuration or harness stops the run.

    A problem of the product does not: the run records it as evidence.
    """
    console = Console(stderr=True)
    found = [item for item in examine(network, SystemClock().now()) if item.level == "problem"]
    for items in alike(found):
        console.print(diagnosis_block(items, lang), soft_wrap=True)
    code = doctor_code(item for item in found if item.blame is not Blame.PRODUCT)
    if code is not ExitCode.OK:
        hint = "toch doorgaan: --skip-doctor" if lang == "nl" else "go on anyway: --skip-doctor"
        console.print(hint, style="dim")
        raise typer.Exit(int(code))


def _print(run: RunFolder, as_json: bool, lang: Lang, code: int) -> None:
    catalogue = load_catalogue()
    summary = summarise(run.info(), run.judged(), catalogue, run)
    if as_json:
        document = run_document(summary, run, ExitCode(code), catalogue)
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")
        return
    console = Console()
    print_run(console, summary, catalogue, lang)
    page = run.report / "index.html"
    if page.is_file():
        console.print(f"{word('report', lang)}: {page}", soft_wrap=True)
