"""One demo network for the whole session; starting it takes a quarter of a second, tests share it.

Makes the helper ``doors`` importable for the tests of this folder.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from harness.core.run.findings import Cell
from harness.core.standards.table import standards
from harness.network.file import read_network
from harness.network.running import RunningNetwork, start

sys.path.insert(0, str(Path(__file__).parent))
T = date(2026, 3, 1)


@pytest.fixture(scope="session")
def running() -> Iterator[RunningNetwork]:
    """The demo network, its parties with every known standard."""
    demo = read_network("demo")
    parties = tuple(replace(item, standards=tuple(standards())) for item in demo.participants)
    with start(replace(demo, participants=parties), t=T, intensity="smoke") as network:
        yield network


@pytest.fixture
def cell() -> Cell:
    """A cell of the demo network."""
    return Cell(
        his="his-eik", dvza="dvza-eik", pgo="pgo-zon", standard="huisartsgegevens-2.0", release="mm-2.2"
    )
