"""pytest inside pytest: the plugin runs small scenarios of its own; no socket is opened.

The network that a run starts is replaced by one in which nothing happens, and a test says itself what a judge
finds, so that every kind of verdict can be followed to each report.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import harness.plugin.items  # noqa: F401 - pytester forgets what an inner session imports; this stays
from harness.core.run.exchanges import Exchange, Request
from harness.core.run.findings import Cell
from harness.judge import cells, judging
from harness.matrix.crew import driving
from harness.record.recorder import Recorder

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS, FRAMEWORK = "PD-GEN-001", "MM-AUT-001"
SCENARIOS = f"""
from harness.scenario import Text, scenario

@scenario(standard="pdfa-3.0", flow="collect", requirements=("{DOCUMENTS}",), title=Text(nl="a", en="a"))
def test_documents(cell):
    cell.judge()

@scenario(flow="again", requirements=("{FRAMEWORK}",), title=Text(nl="b", en="b"))
def test_framework(cell):
    cell.judge()
"""

SEEN = Exchange(
    id="x.0001",
    interface="resource",
    flow="collect",
    operation="",
    client="pgo-zon",
    server="dvza-eik",
    started="2026-03-01T09:00:00Z",
    request=Request(method="GET", url="https://dvza.example/fhir"),
)


@dataclass
class QuietNetwork:
    """A running network without traffic.

    :ivar recorder: that of the run.
    """

    recorder: Recorder | None = None
    driven: list[tuple[str, str]] = field(default_factory=list)
    broken: dict[str, Exception] = field(default_factory=dict)
    closed: int = 0

    def drive(self, cell: Cell, flow: str) -> None:
        """Remember what was asked."""
        self.driven.append((cell.key, flow))
        if flow in self.broken:
            raise self.broken[flow]

    def close(self) -> None:
        """Remember that it was closed."""
        self.closed += 1


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> QuietNetwork:
    """The network that runs start; one exchange counts as recorded in each cell."""
    made = QuietNetwork()

    def start(*_: Any, recorder: Recorder, **options: Any) -> QuietNetwork:
        made.recorder = recorder
        return made

    monkeypatch.setattr(driving, "start", start)
    for module in (driving, cells):
        monkeypatch.setattr(module, "cell_exchanges", lambda folder, cell: [SEEN])
    return made


@dataclass
class Ran:
    """A finished pytest session and what it left on disk."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def items(self) -> Path:
        """The JUnit file that pytest was asked for."""
        return self.folder.parent / "items.xml"

    @property
    def cases(self) -> list[ElementTree.Element]:
        """Test cases of pytest's JUnit file."""
        return list(ElementTree.parse(self.items).iter("testcase"))

    @property
    def suite(self) -> dict[str, int]:
        """Numbers of pytest's JUnit file."""
        (suite,) = ElementTree.parse(self.items).iter("testsuite")
        return {name: int(suite.attrib[name]) for name in ("tests", "failures", "errors", "skipped")}

    @property
    def allure(self) -> list[dict[str, Any]]:
        """Results for Allure."""
        return [json.loads(path.read_text()) for path in self.folder.glob("allure-results/*-result.json")]

    def json(self, name: str) -> Any:
        """A JSON document of the run folder."""
        return json.loads((self.folder / name).read_text())


Judge = Callable[[Any], Iterable[Any]]


@pytest.fixture
def scenarios(pytester: pytest.Pytester) -> Path:
    """:data:`SCENARIOS` as a file."""
    return pytester.makepyfile(test_story=SCENARIOS)


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Run pytest with the plugin on :data:`SCENARIOS` or on what stands in the folder already.

    ``judges`` decide the requirements; without them all pass.
    """

    def passing(identifier: str) -> Judge:
        return lambda view: [view.ok(identifier)]

    def call(
        *words: str,
        judges: dict[str, Judge] | None = None,
        network: str | Path = "demo",
        process: bool = False,
    ) -> Ran:
        known = {name: passing(name) for name in (DOCUMENTS, FRAMEWORK)} | (judges or {})
        monkeypatch.setattr(judging, "judge_of", lambda requirement: known.get(requirement.id))
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        if not list(pytester.path.glob("test_*.py")):
            pytester.makepyfile(test_story=SCENARIOS)
        folder = pytester.path / "run"
        # pytester cannot follow a session that ends while it is configured; that needs a process
        call = pytester.runpytest_subprocess if process else pytester.runpytest_inprocess
        done = call(
            *(
                "-p",
                "no:cacheprovider",
                "-p",
                "no:hypothesispytest",
                "--harness-network",
                str(network),
                "--harness-out",
                str(folder),
            ),
            *("--junitxml", str(folder.parent / "items.xml")),
            *("--harness-at", "2026-03-01", "--harness-lang", "en", *words),
        )
        return Ran(int(done.ret), done.stdout.str(), done.stderr.str(), folder)

    return call
