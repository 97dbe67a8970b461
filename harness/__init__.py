"""MedMij conformance and interoperability test harness.

One idea: participants are *driven*, every exchange is *recorded*, pure functions *judge* the
recording against a catalogue of requirements, and *reports* are functions of the run folder.
Start reading in ``harness.core`` (the shared words) and ``docs/architecture.md``.
"""

from __future__ import annotations

__version__ = "0.1.0"
