"""Progress where there is no terminal: lines in a log, also while one item takes long."""

from __future__ import annotations

import io
import time
from types import SimpleNamespace

from rich.console import Console

from harness.cli.progress import ProgressPlugin


def running(*, terminal: bool, collectonly: bool = False) -> tuple[ProgressPlugin, io.StringIO]:
    out = io.StringIO()
    made = ProgressPlugin(Console(file=out, force_terminal=terminal), "en", every=0.05)
    option = SimpleNamespace(collectonly=collectonly)
    made.pytest_collection_finish(SimpleNamespace(items=[1, 2, 3], config=SimpleNamespace(option=option)))
    made.pytest_runtest_logstart("test_a.py::test_b[his-a+dvza-a+pgo-1+pdfa-3.0+mm-2.2+group]")
    return made, out


def test_a_log_gets_a_line_now_and_then():
    made, out = running(terminal=False)
    made.pytest_runtest_logfinish()
    time.sleep(0.3)
    made.pytest_unconfigure()
    lines = out.getvalue().splitlines()
    assert len(lines) >= 2, "also while nothing ends"
    assert lines[-1].endswith(": 1/3 his-a × dvza-a × pgo-1 × pdfa-3.0")
    told = len(lines)
    time.sleep(0.2)
    assert len(out.getvalue().splitlines()) == told, "and none after the end"


def test_nothing_is_told_when_nothing_runs():
    made, out = running(terminal=False, collectonly=True)
    time.sleep(0.2)
    made.pytest_unconfigure()
    assert out.getvalue() == ""


def test_a_terminal_gets_a_bar_and_no_lines():
    made, out = running(terminal=True)
    time.sleep(0.2)
    made.pytest_unconfigure()
    assert "\n0s: " not in out.getvalue() and "0/3" in out.getvalue()
