"""pytest collects FHIR TestScripts: ``pytest --testscripts DIR``. One item is one script.

By default the scripts run against our own server and PGO; ``--testscripts-server URL`` tests a live server
and ``--harness-network FILE --harness-dvza ID`` a DVZA through the MedMij flow. Same engine, same findings as
``harness testscript run``; exit statuses as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from harness.core.clock import SystemClock, today
from harness.core.errors import HarnessError, UserError
from harness.core.exits import ExitCode
from harness.core.tdates import parse_day
from harness.core.text import Lang
from harness.core.verdicts import Blame, Verdict
from harness.plugin.outcomes import Shown
from harness.record import Recorder
from harness.report.allure.results import telling_files
from harness.report.allure.scripts import feed_beyond, feed_script, finding_text, raise_for, script_message
from harness.scenario import Told, Unsound
from harness.testscript.beyond.compare import RecordComparison
from harness.testscript.beyond.told import TITLE, ScriptBeside, headline, lines
from harness.testscript.execute.transport import HttpTransport
from harness.testscript.outcome.quoting import quotable
from harness.testscript.outcome.recording import raw_exchanges, unit_name
from harness.testscript.outcome.results import ScriptResult, exit_code_of
from harness.testscript.own.server import OwnServers
from harness.testscript.plan.items import Item, collect, problem_result
from harness.testscript.plan.plan import Plan, token_rewriting
from harness.testscript.plan.validators import ProfileChecks
from harness.testscript.read.requirements import requirements_of
from harness.testscript.run.own import run_self
from harness.testscript.run.server import run_server


class TestScripts:
    """The plugin object of one session."""

    __test__ = False

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.lang: Lang = config.getoption("--harness-lang")
        self.folders = [Path(folder).resolve() for folder in config.getoption("--testscripts")]
        self.results: list[ScriptResult] = []
        self.refusal: HarnessError | None = None
        self.unexpected = False
        self._stack = ExitStack()
        self._run: Callable[[Item], ScriptResult] | None = None
        self._items: dict[Path, Item] | None = None
        at = config.getoption("--harness-at")
        clock = SystemClock()
        token_map = config.getoption("--testscripts-token-map")
        self.plan = Plan(
            parse_day(at) if at else today(clock),
            now=None if at else clock.now(),
            only=tuple(config.getoption("--harness-only")),
            profiles=ProfileChecks(tuple(config.getoption("--testscripts-package"))),
            tokens=token_rewriting(self.folders, Path(token_map)) if token_map else {},
            keep_steps=True,
            requirements=requirements_of,
        )
        self.servers = OwnServers(self.plan.t, self.plan.now)
        records = [Path(folder) for folder in config.getoption("--testscripts-record")]
        self.comparison = RecordComparison(records, self.plan.t) if records else None
        self.beyond: list[ScriptBeside] = []

    def items(self) -> dict[Path, Item]:
        """The chosen scripts by path."""
        if self._items is None:
            self._items = {}
            for folder in self.folders:
                for item in collect([folder], self.plan):
                    if self.applies(item):
                        self._items[item.path.resolve()] = item
        return self._items

    @property
    def external(self) -> bool:
        """Whether a live server is tested, so that client scripts do not apply."""
        return bool(
            self.config.getoption("--testscripts-server") or self.config.getoption("--harness-network")
        )

    def applies(self, item: Item) -> bool:
        """Whether a script fits the target."""
        return not (self.external and item.not_for_a_server())

    def run(self, item: Item) -> ScriptResult:
        """Run one script; the target is opened at the first one.

        :raises Unsound: the target cannot be opened.
        """
        if self._run is None:
            try:
                self._run = self._open()
            except HarnessError as error:
                self.refusal = error
                raise Unsound(error.render(self.lang)) from None
        try:
            result = self._run(item)
        except HarnessError as error:
            blame = Blame.CONFIGURATION if isinstance(error, UserError) else Blame.HARNESS
            result = problem_result(item, error, blame)
        self.results.append(result)
        return result

    def _open(self) -> Callable[[Item], ScriptResult]:
        server = self.config.getoption("--testscripts-server")
        network = self.config.getoption("--harness-network")
        if server:
            transport = HttpTransport()
            self._stack.callback(transport.close)
            return lambda item: run_server(item, self.plan, server.rstrip("/"), transport, self.servers)
        if network:
            from harness.testscript.run.medmij import through_network

            dvza = (self.config.getoption("--harness-dvza") or [None])[0]
            return self._stack.enter_context(through_network(Path(network), dvza, self.plan, self.servers))
        return lambda item: run_self(item, self.plan, self.servers)

    def feed(self, item: Item, result: ScriptResult) -> ScriptResult:
        """Allure: steps and redacted exchanges; the result as it may be told."""
        people = self.servers.people([item.script], self.plan.tokens)
        recorder = Recorder(persons=people.declared())
        unit = unit_name(result)
        raw = raw_exchanges(result, people, SystemClock(), unit)
        pairs = [(exchange, recorder.record(exchange)) for exchange in raw]
        told = quotable(result, recorder, unit, pairs)
        feed_script(told, recorder.exchanges(unit), self.lang)
        return told

    def compare(self, item: Item, result: ScriptResult) -> list[tuple[str, object]]:
        """Compare with the records; what stands apart in JUnit and Allure, never part of the outcome."""
        if self.comparison is None:
            return []
        found = self.comparison.of(item.script, result)
        self.beyond.append(found)
        feed_beyond(found, self.lang)
        return [("beyond:compared", found.compared), ("beyond:differences", len(found.differences))]

    # -- hooks -----

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """While scripts run, Allure gets results as people read them."""
        with telling_files():
            return (yield)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """What the records say beyond the scripts."""
        if self.comparison is None:
            return
        terminalreporter.section(TITLE.of(self.lang))
        terminalreporter.line(headline(self.beyond).of(self.lang))
        for item in self.beyond:
            for note in item.left_out:
                terminalreporter.line(f"{item.file}: {note.of(self.lang)}")
            for one in item.differences:
                terminalreporter.line(f"{item.file} ({item.verdict})")
                for line in lines(one, self.lang):
                    terminalreporter.line(f"  {line}")

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """A script of one of the folders."""
        if file_path.suffix.lower() != ".xml":
            return None
        item = self.items().get(file_path.resolve())
        if item is None:
            return None
        found: ScriptFile = ScriptFile.from_parent(parent, path=file_path)
        found.script, found.owner = item, self
        return found

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Close the target and set the documented exit status."""
        self._stack.close()
        if exitstatus in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR):
            return
        if exitstatus == pytest.ExitCode.USAGE_ERROR:
            session.exitstatus = int(ExitCode.USAGE)
        elif self.refusal is not None:
            session.exitstatus = int(self.refusal.exit_code)
        elif self.results or self.unexpected or not session.testscollected:
            session.exitstatus = int(exit_code_of(self.results, harness_defect=self.unexpected))


class ScriptFile(pytest.File):
    """One script file."""

    script: Item
    owner: TestScripts

    def collect(self) -> Iterable[pytest.Item]:
        """The one item of the file."""
        identity = self.script.script.id if self.script.script else self.path.stem
        found: ScriptItem = ScriptItem.from_parent(self, name=identity)
        found.script, found.owner = self.script, self.owner
        yield found


class ScriptItem(pytest.Item):
    """One script as a test."""

    script: Item
    owner: TestScripts

    def runtest(self) -> None:
        """Run the script and raise what its verdict asks for."""
        owner = self.owner
        result = owner.run(self.script)
        self.user_properties.append(("requirements", " ".join(result.requirements)))
        self.user_properties += [("verdict", result.verdict.value), ("official", result.file)]
        self.user_properties += [
            (f"asserts:{name}", count) for name, count in result.asserts.items() if count
        ]
        self.user_properties += owner.compare(self.script, result)
        told = owner.feed(self.script, result)
        bad = [f for f in told.findings if f.verdict not in (Verdict.NOT_APPLICABLE, Verdict.WARNING)]
        message = "\n".join(dict.fromkeys(script_message(item, owner.lang) for item in bad[:20]))
        details = "\n".join(finding_text(finding, owner.lang) for finding in bad[:20])
        raise_for(result.verdict, message, details)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str | Any:
        """Findings instead of a traceback."""
        if isinstance(excinfo.value, Told):
            return Shown(excinfo.value)
        self.owner.unexpected = True
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the item is and what it is called."""
        script = self.script.script
        return self.path, 0, (script.title if script and script.title else self.name)


def register(config: pytest.Config) -> None:
    """Register the plugin; without other paths on the command line only the scripts are collected."""
    try:
        found = TestScripts(config)
    except HarnessError as error:
        pytest.exit(error.render(config.getoption("--harness-lang")), returncode=int(error.exit_code))
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args = [str(folder) for folder in found.folders]
        try:
            found.items()
        except HarnessError as error:
            pytest.exit(error.render(found.lang), returncode=int(error.exit_code))
    config.pluginmanager.register(found, "medmij-harness-testscripts")
