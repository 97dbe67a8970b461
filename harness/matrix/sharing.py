"""The proof of ``depends``: a run that shares says what a run says that drives everything in every cell.

A difference is a requirement that depends on more than its ``depends`` names.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from harness.core.algebra import Key, Tally
from harness.core.clock import SystemClock
from harness.core.run.info import Intensity, Selection
from harness.core.run.place.claim import claim
from harness.core.standards.faults import Fault
from harness.judge.catalogue import Catalogue
from harness.judge.cells import cell_exchanges
from harness.judge.outcome.tally import tally
from harness.matrix.cells import plan_cells
from harness.matrix.facts import RunFacts
from harness.matrix.plan import Plan
from harness.matrix.qualification import Qualification
from harness.network.file import Network
from harness.record.keeper import RunKeeper
from harness.scenario import shipped_scenarios


@dataclass(frozen=True)
class Said:
    """What one run said.

    :ivar words: what is known of each key, without what other cells could not decide.
    :ivar flows: standard and flow → exchanges of each cell that drove it.
    """

    words: dict[Key, str]
    flows: dict[tuple[str, str], list[int]]

    @property
    def exchanges(self) -> int:
        """How many exchanges were recorded."""
        return sum(number for numbers in self.flows.values() for number in numbers)


def run(
    network: Network,
    catalogue: Catalogue,
    *,
    t: date,
    sharing: bool,
    standards: Sequence[str] = (),
    intensity: Intensity = "normal",
) -> Said:
    """Run every scenario on a network of twins in a folder that is thrown away."""
    clock = SystemClock()
    selection = Selection(standards=tuple(standards))
    cells = plan_cells(network, selection)
    plan = Plan(cells, catalogue, network, selection, intensity, sharing=sharing)
    facts = RunFacts(
        network, catalogue, t=t, now=clock.now(), cells=cells, intensity=intensity, sharing=sharing
    )
    with tempfile.TemporaryDirectory() as folder:
        made = Qualification(plan, facts, RunKeeper(claim(Path(folder)), clock), clock)
        items = sorted(plan.pairs(shipped_scenarios()), key=lambda pair: cells.index(pair[0]))
        for cell, part in items:
            made.register(cell, part)
        try:
            for cell, part in items:
                made.findings(cell, part)
        finally:
            made.finish()
        findings = made.folder.findings()
        flows: dict[tuple[str, str], list[int]] = {}
        for cell in cells:
            for flow, number in Counter(item.flow for item in cell_exchanges(made.folder, cell)).items():
                flows.setdefault((cell.standard, flow), []).append(number)
    return Said({key: _word(counts) for key, counts in tally(findings, catalogue).items()}, flows)


def _word(counts: Tally) -> str:
    """The state of a key; what one cell could not decide does not count when another could."""
    decided = msgspec.structs.replace(counts, undecided=0, blocked=0, not_tested=0)
    remark = " with a remark" if counts.warned else ""
    return "open" if decided == Tally() else decided.state.value + remark


def differences(shared: Said, everywhere: Said) -> dict[Key, tuple[str, str]]:
    """What two runs say differently: key → (with sharing, without)."""
    keys = shared.words.keys() | everywhere.words.keys()
    pairs = {key: (shared.words.get(key, "-"), everywhere.words.get(key, "-")) for key in sorted(keys)}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


def planted(network: Network, fault: Fault) -> Network:
    """A network in which the first participant of the fault's role has it."""
    if fault.role == "stelselnode":
        node = msgspec.structs.replace(network.stelselnode, faults=(fault.name,))
        return msgspec.structs.replace(network, stelselnode=node)
    first = network.of_role(fault.role)[0]
    faulty = msgspec.structs.replace(first, faults=(fault.name,))
    return msgspec.structs.replace(
        network, participants=tuple(faulty if item is first else item for item in network.participants)
    )
