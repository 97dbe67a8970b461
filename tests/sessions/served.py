"""What the tests of sessions share: a served network in this process, and visits of PGOs to it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
from live_pgo.pgo import Pgo
from msgspec.structs import replace

from harness.cli.serve.network import _document, _sessions
from harness.cli.serve.watch import Watch
from harness.core.clock import AMSTERDAM, OffsetClock
from harness.core.run.info import Selection
from harness.core.run.place.claim import claim
from harness.judge.catalogue import load_catalogue
from harness.matrix.cells import plan_cells
from harness.matrix.facts import RunFacts
from harness.network.file import Network, read_network
from harness.network.handout import write_handout
from harness.network.person.declared import declared_persons
from harness.network.person.looking import looking
from harness.network.running import start
from harness.record.keeper import RunKeeper
from harness.record.recorder import Recorder

STANDARDS = ("huisartsgegevens-2.0", "overgevoeligheden-3.0", "zelfmetingen-2.0")


def network(**changes: Any) -> Network:
    """The demo network with few standards in one release; ``changes`` are of its first PGO."""
    demo = read_network("demo")
    parties = []
    for item in demo.participants:
        more = changes if item.id == "pgo-zon" else {}
        parties.append(replace(item, **{"standards": STANDARDS, "releases": ("mm-2.2",), **more}))
    return replace(demo, participants=tuple(parties))


class Served:
    """``harness serve``, in this process and without its loop: time passes when a test says so."""

    def __init__(self, folder: Path, made: Network | None = None) -> None:
        self.folder = folder
        self.clock = OffsetClock()
        self._open = ExitStack()
        chosen = made or network()
        moment = self.clock.now()
        day = moment.astimezone(AMSTERDAM).date()
        cells = plan_cells(chosen, Selection(releases=("all",)))
        facts = RunFacts(chosen, load_catalogue(), t=day, now=moment, cells=cells, mode="serve")
        keeper = RunKeeper(claim(folder), self.clock)
        self._open.callback(keeper.leave)
        keys = [cell.key for cell in cells]
        seen = looking(facts.records, chosen, observed=True)
        recorder = Recorder(folder, keeper.events, declared_persons(chosen, day), keys, seen)
        self.recorder = recorder
        self.running = start(chosen, recorder=recorder, clock=self.clock, t=day, observe=True)
        self._open.callback(self.running.close)
        self.watch = Watch(self.running, keeper, facts)
        self.desk = self.watch.begin(recorder)
        handout = write_handout(self.running, folder / "handout")
        self.document = {
            **_document(self.running, handout, keeper.folder, None),
            "sessions": _sessions("127.0.0.1:0", self.desk, self.running, facts),
        }
        self.api: str = self.document["sessions"]["api"]

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """One request to the API."""
        return httpx.request(method, self.api + path, json=body, timeout=90, trust_env=False, **more)

    def begin(self, *situations: str, pgo: str = "pgo-zon", **more: Any) -> dict[str, Any]:
        """Open a session."""
        wish = {"pgo": pgo, "standard": "hg", "situations": situations or ["all"], **more}
        answer = self.ask("POST", "/sessions", wish)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def pgo(self, session: dict[str, Any], *wrong: str, number: int = 0) -> Pgo:
        """A PGO that knows how a session is reached."""
        made = Pgo(self.document, number, frozenset(wrong))
        made.hosts.update(session["reach"]["hosts"])
        return made

    def visit(self, session: dict[str, Any], pgo: Pgo, **more: Any) -> Any:
        """One visit."""
        return pgo.visit(session["reach"]["provider"], session["person"], **more)

    def next(self, session: dict[str, Any]) -> dict[str, Any]:
        """The next situation."""
        found: dict[str, Any] = self.ask("POST", f"/sessions/{session['id']}/next", {}).json()
        return found

    def show(self, session: dict[str, Any]) -> dict[str, Any]:
        """Where it stands."""
        found: dict[str, Any] = self.ask("GET", f"/sessions/{session['id']}").json()
        return found

    def end(self, session: dict[str, Any]) -> dict[str, Any]:
        """End it; what is watched has run out."""
        self.later(61)
        found: dict[str, Any] = self.ask("POST", f"/sessions/{session['id']}/end", {}).json()
        return found

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(seconds)
        self.desk.tick()


def said(session: dict[str, Any]) -> dict[str, str]:
    """What is said of each requirement."""
    return {item["id"]: item["said"] for item in session["requirements"]}
