"""The run behind one pytest session: opened before collection, closed with its reports and exit status."""

from __future__ import annotations

import _thread
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pytest

from harness.core.clock import AMSTERDAM, SystemClock
from harness.core.errors import HarnessError
from harness.core.exits import ExitCode
from harness.core.run.agreed.waivers import Waiver
from harness.core.run.findings import Cell, Finding
from harness.core.run.info import Selection
from harness.core.run.limits import reserved, spent
from harness.core.run.place import disk
from harness.core.run.place.claim import chosen_mode
from harness.core.text import Lang, Text
from harness.judge.catalogue import Catalogue, load_catalogue
from harness.judge.outcome.result import run_result
from harness.judge.outcome.waiving import cover
from harness.matrix.plan import Plan
from harness.matrix.preparation import PreparedRun, RunOptions, prepare
from harness.matrix.qualification import Qualification
from harness.plugin.options import SELECTORS
from harness.report.allure.config import pages_from_allure, write_beside
from harness.report.allure.feed import AllureFeed
from harness.report.html import HtmlReport
from harness.report.machine.junit import readable, refused_junit, run_junit
from harness.report.machine.run import JudgedRun
from harness.scenario import Scenario, Unsound

LOOKS = ("collectonly", "setuponly", "showfixtures", "show_fixtures_per_test", "markers", "help", "version")
"""Options of pytest with which nothing runs: then nothing is written either."""

JUNIT = "junit.xml"
"""In the run folder: what CI servers read."""
UNFINISHED = Text(
    nl="{place}: {by}de run is niet afgemaakt; ga ermee verder met --resume",
    en="{place}: {by}the run did not finish; go on with it with --resume",
)
_BY = Text(nl="beëindigd door {name}, ", en="ended by {name}, ")


def unfinished(place: Path, signal_name: str = "") -> Text:
    """A run that can be gone on with.

    :param signal_name: what ended it, ``""``: no signal.
    """
    by = _BY.format(name=signal_name) if signal_name else Text(nl="", en="")
    return Text(
        nl=UNFINISHED.nl.format(place=place, by=by.nl), en=UNFINISHED.en.format(place=place, by=by.en)
    )


class HarnessSession:
    """What the plugin keeps for one pytest session.

    :ivar refusal: why the run as a whole could not be started, or its scenarios not be collected.
    :ivar unexpected: whether an item was broken by something that is no verdict.
    :ivar out_of_time: whether it was ended because the budget of the run was used up.
    :ivar stopped_by: the name of the signal that somebody sent to end it.
    """

    def __init__(self, prepared: PreparedRun, lang: Lang) -> None:
        self.plan: Plan = prepared.plan
        self.lang: Lang = lang
        self.refusal: HarnessError | None = None
        self.unexpected = False
        self.out_of_time = False
        self.stopped_by = ""
        self._alarm: threading.Timer | None = None
        self._reported = False
        self._items = 0
        self._findings: Sequence[Finding] = ()
        self.qualification: Qualification | None = None

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue that decides this run."""
        return self.plan.catalogue

    def pairs_of(self, scenario: Scenario) -> list[tuple[Cell, Scenario]]:
        """The cells that a scenario runs in, each with the part of it that an item asks there.

        :raises pytest.Collector.CollectError: it names a requirement that does not exist.
        """
        try:
            return list(self.plan.pairs([scenario]))
        except HarnessError as error:
            self.refusal = self.refusal or error
            raise pytest.Collector.CollectError(error.render(self.lang)) from None

    def register(self, cell: Cell, scenario: Scenario) -> None:
        """Note an item that will run."""
        if self.qualification is not None:
            self._items += 1
            self.qualification.register(cell, scenario)

    def share_out(self) -> list[Cell]:
        """All items are noted: the cells in the order in which they are to be asked."""
        run = self.qualification
        return run.share_out() if run is not None else list(self.plan.cells)

    def findings(self, cell: Cell, scenario: Scenario) -> list[Finding]:
        """Findings of an item; Allure is told about them.

        :raises Unsound: the run could not be started.
        """
        if self.qualification is None:
            raise Unsound("this pytest session only looks, nothing runs")
        try:
            found = self.qualification.findings(cell, scenario)
        except HarnessError as error:
            self.refusal = error
            raise Unsound(error.render(self.lang)) from None
        self.allure.found(found, self.waived(found))
        return found

    @cached_property
    def allure(self) -> AllureFeed:
        """What tells Allure about items."""
        run = self.qualification
        parties = {item.id: item for item in run.info().participants} if run is not None else {}
        pages = pages_from_allure(run.folder) if run is not None else ""
        return AllureFeed(self.catalogue, parties, pages, self.lang)

    def waived(self, findings: Sequence[Finding]) -> Mapping[str, Waiver]:
        """The waivers of those findings that may stay for now, by id."""
        run = self.qualification
        if run is None or not run.facts.waivers:
            return {}
        day = run.facts.now.astimezone(AMSTERDAM).date()
        return cover(run.facts.waivers, findings, self.catalogue, day).waived

    def not_written(self, error: OSError) -> None:
        """Something could not be written, or no file could be opened: one sentence says what."""
        if self.refusal is None:
            self.refusal = disk.not_written(Path(str(error.filename or self._place)), error)

    @property
    def _place(self) -> Path:
        return self.qualification.folder.path if self.qualification is not None else Path()

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> bool | None:
        """A hook of pytest: of what the machine refuses nobody needs a traceback."""
        if not isinstance(excinfo.value, OSError):
            return None
        self.not_written(excinfo.value)
        return True

    def end_after(self, seconds: float, last: float) -> None:
        """When its time is up, end what the session judges: what a party sent may take long too. That is told
        as what it is, and the session goes on; some seconds later it ends, whatever it is busy with.

        :param last: seconds after which it ends as SIGTERM ends it.
        """

        def soon() -> None:
            if self.qualification is not None and self.qualification.hurry():
                _thread.interrupt_main(signal.SIGTERM)
            self._ring(last - seconds, end)

        def end() -> None:
            self.out_of_time = True
            _thread.interrupt_main(signal.SIGTERM)

        self._ring(max(1.0, seconds), soon)

    def _ring(self, seconds: float, then: Callable[[], None]) -> None:
        self._alarm = threading.Timer(seconds, then)
        self._alarm.daemon = True
        self._alarm.start()

    def stop(self, number: int, _: object) -> None:
        """A signal ends the session, with everything closed and reported.

        :raises KeyboardInterrupt: always.
        """
        if not (self.out_of_time or (self.qualification is not None and self.qualification.hurried)):
            self.stopped_by = signal.Signals(number).name
        raise KeyboardInterrupt

    def finish(self, config: pytest.Config) -> None:
        """Close the run and write its reports."""
        if self._alarm is not None:
            self._alarm.cancel()
        qualification = self.qualification
        if qualification is None:
            return
        try:
            if config.option.xmlpath:
                readable(Path(config.option.xmlpath))
            if qualification.finish():
                self._report(qualification, getattr(config.option, "allure_report_dir", None))
            elif self.refusal is not None:
                told = refused_junit(self.refusal.render(self.lang), qualification.facts.now, self.lang)
                disk.write(qualification.folder.path / JUNIT, told)
        except HarnessError as error:
            self.refusal = self.refusal or error
        except OSError as error:
            self.not_written(error)

    def _report(self, run: Qualification, allure: str | None) -> None:
        info, self._findings = run.info(), run.folder.judged()
        pages = HtmlReport(run.folder, info, self._findings, self.catalogue)
        pages.write(run.folder.report)
        judged = JudgedRun(run.folder, pages.summary, self._findings, self.catalogue)
        disk.write(run.folder.path / JUNIT, run_junit(judged, self.lang))
        self._reported = True
        if allure:
            write_beside(Path(allure), run.folder, pages.summary, self._items, self.lang)

    def told(self) -> list[str]:
        """What became of the run as a whole: why it was refused, that it did not finish, what it moved."""
        found = [self.refusal.render(self.lang)] if self.refusal is not None else []
        run = self.qualification
        if run is not None:
            moved = run.keeper.claim.told()
            if moved is not None:
                found.append(moved.of(self.lang))
            told = any(trouble.limit == "run" for trouble in run.info().troubles)
            if self.out_of_time and not told:
                found.append(spent("run", run.facts.limits.run, "").of(self.lang))
            if run.folder.started and not run.folder.finished:
                found.append(unfinished(run.folder.path, self.stopped_by).of(self.lang))
        return found

    def exit_status(self, session: pytest.Session, status: int) -> int:
        """The documented exit status for one of pytest's own."""
        if status == pytest.ExitCode.INTERRUPTED and self._reported and self.qualification is not None:
            return int(self._code(self.qualification))  # somebody stopped it: Ctrl-C, SIGTERM
        if status == pytest.ExitCode.INTERRUPTED and not session.testsfailed:
            return status
        if status == pytest.ExitCode.INTERRUPTED and self.refusal is not None:
            return int(self.refusal.exit_code)
        if status in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.INTERRUPTED):
            return int(ExitCode.HARNESS_ERROR)
        if status == pytest.ExitCode.USAGE_ERROR:
            return int(ExitCode.USAGE)
        if self.qualification is None:
            return int(ExitCode.OK if session.testscollected else ExitCode.NOTHING_RAN)
        if self.refusal is not None:
            return int(self.refusal.exit_code)
        return int(self._code(self.qualification))

    def _code(self, run: Qualification) -> ExitCode:
        result = run_result(run.info(), self._findings, self.catalogue)
        return result.code(exchanges=run.recorded, harness_defect=self.unexpected)


_SESSION: pytest.StashKey[HarnessSession] = pytest.StashKey()


def open_run(config: pytest.Config) -> None:
    """Open the run, or refuse it as a whole with one message."""
    lang: Lang = config.getoption("--harness-lang")
    try:
        prepared = prepare(_options(config), load_catalogue(), SystemClock())
        opened = HarnessSession(prepared, lang)
        if not any(getattr(config.option, name, False) for name in LOOKS):
            opened.qualification = prepared.open()
    except HarnessError as error:
        pytest.exit(error.render(lang), returncode=int(error.exit_code))
    config.stash[_SESSION] = opened
    config.pluginmanager.register(opened)
    if opened.qualification is None:
        return
    _stop_in_order(config, opened)
    limits = opened.qualification.facts.limits
    if limits.run:
        used = time.monotonic() - prepared.began
        left, kept = limits.run - used, reserved(limits.run, used)
        opened.end_after(left - 0.6 * kept, left - 0.3 * kept)
    run = opened.qualification.folder.path
    if not getattr(config.option, "allure_report_dir", None):
        config.option.allure_report_dir = str(run / "allure-results")


def _as_it_was(number: int, usual: Any) -> None:
    """A signal does what it did before."""
    signal.signal(number, usual)


def _stop_in_order(config: pytest.Config, opened: HarnessSession) -> None:
    """Let SIGTERM end the session as Ctrl-C does: with everything closed and reported, and named.

    Only where signals can be handled (the main thread), and where nobody else handles this one.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number, usual in ((signal.SIGTERM, signal.SIG_DFL), (signal.SIGINT, signal.default_int_handler)):
        if signal.getsignal(number) is usual:
            signal.signal(number, opened.stop)
            config.add_cleanup(partial(_as_it_was, number, usual))


def session_of(config: pytest.Config) -> HarnessSession:
    """The run behind a pytest session with ``--harness-network``."""
    return config.stash[_SESSION]


def _options(config: pytest.Config) -> RunOptions:
    began = config.getoption("--harness-began")
    return RunOptions(
        network=config.getoption("--harness-network"),
        out=config.getoption("--harness-out"),
        at=config.getoption("--harness-at"),
        intensity=config.getoption("--harness-intensity"),
        selection=Selection(
            **{field: tuple(config.getoption(f"--harness-{name}")) for name, field in SELECTORS.items()}
        ),
        mode=chosen_mode(
            resume=config.getoption("--harness-resume"), replace=config.getoption("--harness-replace")
        ),
        challenge=config.getoption("--harness-challenge"),
        budget=config.getoption("--harness-budget"),
        began=time.monotonic() if began is None else began,
        read_only=config.getoption("--harness-read-only"),
        clean_up=config.getoption("--harness-clean-up"),
        waivers=config.getoption("--harness-waivers"),
        jobs=config.getoption("--harness-jobs"),
        sharing=not config.getoption("--harness-no-sharing"),
        subject=tuple(config.getoption("--harness-for")),
        verdict_required=config.getoption("--harness-require-verdict"),
    )
