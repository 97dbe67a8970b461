"""A network that is served in this process, its desk of sessions, and PGOs that we did not write.

Makes the scripted PGO of ``benchmarks/live_pgo`` and the helper ``served`` importable.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "benchmarks")]

from served import Served  # noqa: E402


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """Two HISs, two PGOs; nothing recorded yet."""
    with Served(tmp_path / "run") as made:
        yield made
