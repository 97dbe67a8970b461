"""What tests of the reference record share."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks" / "truth"))
sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))
