"""The hooks and fixtures of a run: items are scenario × cell, findings become outcomes.

Registered by :mod:`harness.plugin` when ``--harness-network`` is given. Exit statuses follow
``docs/architecture.md``, never a count.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping
from typing import Any, Literal

import msgspec
import pytest

from harness.core.errors import UsageError
from harness.core.run.findings import Cell, Finding
from harness.core.text import Text
from harness.core.verdicts import Verdict
from harness.plugin.outcomes import raise_for, settle, status_word
from harness.plugin.session import HarnessSession, session_of
from harness.report.allure.feed import item_name
from harness.report.allure.results import PARAMETERS, telling_files
from harness.report.machine.junit import FILE, NAME
from harness.scenario import Scenario, scenario_of

DIMENSIONS = ("his", "dvza", "pgo", "standard", "release")
_KEYWORDS: pytest.StashKey[Mapping[str, Literal[1]]] = pytest.StashKey()


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, obj: object) -> list[pytest.Item] | None:
    """A scenario that runs in no planned cell is no item: nobody selected or deselected it."""
    declared = scenario_of(obj)
    return [] if declared is not None and not session_of(collector.config).pairs_of(declared) else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One item per cell that the scenario runs in, and per group of requirements that it asks there."""
    declared = scenario_of(metafunc.function)
    if declared is not None:
        pairs = session_of(metafunc.config).pairs_of(declared)
        rows = [
            pytest.param(
                *(sys.intern(value) for value in (*msgspec.structs.astuple(cell), part.group)),
                id="+".join(filter(None, (cell.key, part.group))),
            )
            for cell, part in pairs
        ]
        metafunc.parametrize(PARAMETERS, rows, indirect=True)


def _value(request: pytest.FixtureRequest) -> str:
    return str(request.param)


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


@pytest.fixture
def group(request: pytest.FixtureRequest) -> str:
    """Group of requirements that the item asks, ``""`` for a scenario that names them itself."""
    return _value(request)


class ScenarioCell:
    """The ``cell`` argument of a scenario function (see :class:`harness.scenario.CellRun`)."""

    def __init__(self, cell: Cell, scenario: Scenario, session: HarnessSession, item: pytest.Item) -> None:
        self.cell = cell
        self._scenario = scenario
        self._session = session
        self._item = item

    def judge(self) -> list[Finding]:
        """Judge the scenario's requirements in this cell and raise what their verdicts ask for.

        JUnit keeps every property of every item in memory until the end, hence one for all requirements,
        and verdicts only where one is not a pass.
        """
        session = self._session
        session.allure.describe(self._scenario, self.cell)
        findings = session.findings(self.cell, self._scenario)
        self._item.user_properties += [
            (NAME, item_name(self._scenario, self.cell, session.lang)),
            (FILE, self._item.location[0]),
            ("requirements", " ".join(self._scenario.requirements)),
            *(
                (f"verdict:{item.requirement}", item.verdict.value)
                for item in findings
                if item.verdict is not Verdict.PASS
            ),
        ]
        raise_for(findings, session.waived(findings), session.allure)
        return findings


@pytest.fixture
def cell(
    request: pytest.FixtureRequest, his: str, dvza: str, pgo: str, standard: str, release: str, group: str
) -> ScenarioCell:
    """The cell of this item, for scenario functions."""
    declared = scenario_of(request.function)
    if declared is None:
        raise UsageError(
            Text(
                nl="de fixture 'cell' is voor functies met @scenario",
                en="the fixture 'cell' is for functions with @scenario",
            ),
            where=request.node.nodeid,
        )
    combination = Cell(his=his, dvza=dvza, pgo=pgo, standard=standard, release=release)
    session = session_of(request.config)
    part = session.plan.parts(declared, combination)[group]
    return ScenarioCell(combination, part, session, request.node)


def _scenario_of(item: pytest.Item) -> Scenario | None:
    return scenario_of(getattr(item, "function", None))


def _cell_of(item: pytest.Item) -> Cell | None:
    """The cell of an item; ``None`` when it has none."""
    values = {name: value for name, value in _given(item).items() if name in DIMENSIONS}
    return Cell(**values) if len(values) == len(DIMENSIONS) and all(values.values()) else None


def _given(item: pytest.Item) -> dict[str, str]:
    """Values of the parameters of an item."""
    given = getattr(getattr(item, "callspec", None), "params", {})
    return {name: str(given[name]) for name in PARAMETERS if name in given}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """The items are known: note what each cell is asked, and put the items of one cell together, those first
    that this process drives."""
    run = session_of(session.config)
    for item in session.items:
        declared, combination = _scenario_of(item), _cell_of(item)
        if declared is not None and combination is not None:
            run.register(combination, run.plan.parts(declared, combination)[_given(item)["group"]])
    order: dict[Cell | None, int] = {cell: index for index, cell in enumerate(run.share_out())}
    session.items.sort(key=lambda item: order.get(_cell_of(item), -1))


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """While items run, Allure gets no files that say nothing."""
    with telling_files():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the findings, not a traceback, for verdicts.

    pytest keeps the three reports of every item until the end, hence one copy of the keywords for all three.
    """
    report = yield
    report.keywords = item.stash.setdefault(_KEYWORDS, report.keywords)
    if settle(item, call, report):
        session_of(item.config).unexpected = True
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(
    report: pytest.CollectReport | pytest.TestReport,
) -> tuple[str, str, str] | None:
    """A broken item is an error, not a failure."""
    return status_word(report)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Generator[None, object, object]:
    """Close the run, write the reports, set the documented exit status; whatever others could not write."""
    run = session_of(session.config)
    result = None
    try:
        result = yield
    except OSError as error:
        run.not_written(error)
    run.finish(session.config)
    session.exitstatus = run.exit_status(session, exitstatus)
    return result


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Where the run folder and its report are."""
    run = session_of(config)
    for text in run.told():
        terminalreporter.write_line(text)
    if run.qualification is not None:
        folder = run.qualification.folder.path
        terminalreporter.write_line(f"harness: {folder} ({folder / 'report' / 'index.html'})")
