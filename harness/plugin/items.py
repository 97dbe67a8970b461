"""The working half of the pytest plugin: items are scenario × cell, findings become outcomes.

Registered by :mod:`harness.plugin` when ``--harness-network`` is given. Exit statuses follow
``docs/architecture.md``: 0, 1, 2, 3, 4, 6, never a count.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from harness.core.clock import SystemClock
from harness.core.errors import HarnessError
from harness.core.exits import ExitCode, strongest
from harness.core.run.findings import Cell, Finding
from harness.core.text import Lang
from harness.core.verdicts import Verdict, exit_code, worst
from harness.judge.catalogue import load_catalogue
from harness.matrix.plan import Selection, plan_cells
from harness.matrix.qualification import Qualification
from harness.matrix.start import RunOptions, open_qualification
from harness.report import allure_feed
from harness.report.console import finding_line
from harness.report.files import write_reports
from harness.scenario import ProductFailure, Scenario, Undecided, Unsound, scenario_of

DIMENSIONS = ("his", "dvza", "pgo", "standard", "release")
_STATE: pytest.StashKey[PluginState] = pytest.StashKey()


class PluginState:
    """What the plugin keeps for one pytest session."""

    def __init__(self, qualification: Qualification, lang: Lang, progress: bool) -> None:
        self.qualification = qualification
        self.lang: Lang = lang
        self.progress = progress
        self.codes: list[ExitCode] = []
        self.trouble: HarnessError | None = None


def open_run(config: pytest.Config) -> None:
    """Open the run before the JUnit and Allure plugins look at their options."""
    options = RunOptions(
        network=config.getoption("--harness-network"),
        out=config.getoption("--harness-out"),
        at=config.getoption("--harness-at"),
        intensity=config.getoption("--harness-intensity"),
        selection=Selection(
            vendors=tuple(config.getoption("--harness-vendor")),
            standards=tuple(config.getoption("--harness-standard")),
            pgos=tuple(config.getoption("--harness-pgo")),
            dvzas=tuple(config.getoption("--harness-dvza")),
            releases=tuple(config.getoption("--harness-release")),
            only=tuple(config.getoption("--harness-only")),
        ),
    )
    lang: Lang = config.getoption("--harness-lang")
    try:
        qualification = open_qualification(options, load_catalogue(), SystemClock(), plan_cells)
    except HarnessError as error:
        pytest.exit(error.render(lang), returncode=int(error.exit_code))
    config.stash[_STATE] = PluginState(qualification, lang, progress=False)
    run = qualification.folder.path
    if not config.option.xmlpath:
        config.option.xmlpath = str(run / "junit.xml")
    if not getattr(config.option, "allure_report_dir", None):
        config.option.allure_report_dir = str(run / "allure-results")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One item per cell that the scenario runs in."""
    declared = scenario_of(metafunc.function)
    if declared is None:
        return
    qualification = metafunc.config.stash[_STATE].qualification
    rows = [
        pytest.param(*_prefixed(cell), id=cell.key)
        for cell in qualification.cells
        if declared.runs_in(cell, qualification.cells) and qualification.register(cell, declared)
    ]
    metafunc.parametrize(DIMENSIONS, rows, indirect=True)


def _prefixed(cell: Cell) -> list[str]:
    """Parameter values that stay distinct in Allure's history id, which joins values without names."""
    return [f"{name}:{getattr(cell, name)}" for name in DIMENSIONS]


def _value(request: pytest.FixtureRequest) -> str:
    return str(request.param).partition(":")[2]


@pytest.fixture
def his(request: pytest.FixtureRequest) -> str:
    """HIS id of the item's cell."""
    return _value(request)


@pytest.fixture
def dvza(request: pytest.FixtureRequest) -> str:
    """DVZA id of the item's cell."""
    return _value(request)


@pytest.fixture
def pgo(request: pytest.FixtureRequest) -> str:
    """PGO id of the item's cell."""
    return _value(request)


@pytest.fixture
def standard(request: pytest.FixtureRequest) -> str:
    """Standard of the item's cell."""
    return _value(request)


@pytest.fixture
def release(request: pytest.FixtureRequest) -> str:
    """Release family of the item's cell."""
    return _value(request)


class ScenarioCell:
    """The ``cell`` argument of a scenario function (see :class:`harness.scenario.CellRun`)."""

    def __init__(self, cell: Cell, scenario: Scenario, state: PluginState, item: pytest.Item) -> None:
        self.cell = cell
        self._scenario = scenario
        self._state = state
        self._item = item

    def judge(self) -> list[Finding]:
        """Judge the scenario's requirements in this cell and raise what their verdicts ask for."""
        state = self._state
        qualification = state.qualification
        ids = qualification.register(self.cell, self._scenario)
        try:
            findings = qualification.findings(self.cell, self._scenario, ids)
        except HarnessError as error:
            state.codes.append(error.exit_code)
            raise Unsound(error.render(state.lang)) from None
        self._item.user_properties += [("requirement", requirement_id) for requirement_id in ids]
        for item in findings:
            self._item.user_properties.append((f"verdict:{item.requirement}", item.verdict.value))
            requirement = qualification.catalogue[item.requirement]
            state.codes.append(exit_code(item.verdict, requirement.strength, item.blame))
        allure_feed.feed(self._scenario, self.cell, findings, qualification, state.lang)
        self._raise(findings)
        return findings

    def _raise(self, findings: list[Finding]) -> None:
        catalogue, lang = self._state.qualification.catalogue, self._state.lang
        bad = [item for item in findings if item.verdict not in (Verdict.PASS, Verdict.WARNING)]
        verdict = worst([item.verdict for item in bad]) if bad else Verdict.PASS
        if verdict is Verdict.NOT_APPLICABLE:
            if len(bad) == len(findings):
                pytest.skip("; ".join(sorted({item.next_step.of(lang) for item in bad})))
            return
        text = "\n".join(
            finding_line(item, catalogue, lang) for item in bad if item.verdict is not Verdict.NOT_APPLICABLE
        )
        if verdict is Verdict.FAIL:
            raise ProductFailure(text)
        if verdict is Verdict.ERROR:
            raise Unsound(text)
        undecided = [
            item
            for item in bad
            if exit_code(item.verdict, catalogue[item.requirement].strength) is ExitCode.UNDECIDED
        ]
        if undecided:
            raise Undecided(text, undecided[0].verdict)


@pytest.fixture
def cell(
    request: pytest.FixtureRequest, his: str, dvza: str, pgo: str, standard: str, release: str
) -> ScenarioCell:
    """The cell of this item, for scenario functions."""
    state = request.config.stash[_STATE]
    declared = scenario_of(request.function)
    assert declared is not None, "the 'cell' fixture is for functions declared with @scenario"
    combination = Cell(his=his, dvza=dvza, pgo=pgo, standard=standard, release=release)
    return ScenarioCell(combination, declared, state, request.node)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Drop scenarios that run in no planned cell; items of one cell run together."""
    order = {cell.key: index for index, cell in enumerate(config.stash[_STATE].qualification.cells)}

    def key(item: pytest.Item) -> str:
        callspec = getattr(item, "callspec", None)
        return str(callspec.id) if callspec else ""

    def without_cell(item: pytest.Item) -> bool:
        return scenario_of(getattr(item, "function", None)) is not None and key(item) not in order

    dropped = [item for item in items if without_cell(item)]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
    items[:] = sorted(
        (item for item in items if not without_cell(item)), key=lambda item: order.get(key(item), -1)
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the findings, not a traceback, for verdicts."""
    report = yield
    if call.excinfo is not None and isinstance(call.excinfo.value, ProductFailure | Undecided | Unsound):
        report.longrepr = str(call.excinfo.value)
    elif report.failed:
        item.config.stash[_STATE].codes.append(ExitCode.HARNESS_ERROR)
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Close the run, write the reports, and set the documented exit status."""
    state = session.config.stash[_STATE]
    qualification = state.qualification
    findings = qualification.finish()
    if findings:
        write_reports(qualification.folder, qualification.catalogue, qualification.exchanges)
        allure_dir = getattr(session.config.option, "allure_report_dir", None)
        if allure_dir:
            allure_feed.write_environment(Path(allure_dir), qualification.folder.info(), state.lang)
    if exitstatus == pytest.ExitCode.INTERRUPTED and not session.testsfailed:
        return
    if exitstatus in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.INTERRUPTED):
        session.exitstatus = int(ExitCode.HARNESS_ERROR)
    elif exitstatus == pytest.ExitCode.USAGE_ERROR:
        session.exitstatus = int(ExitCode.USAGE)
    else:
        session.exitstatus = int(strongest(state.codes))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Where the run folder and its report are."""
    folder = config.stash[_STATE].qualification.folder.path
    terminalreporter.write_line(f"harness: {folder} ({folder / 'report' / 'index.html'})")
