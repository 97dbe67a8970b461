"""The public functions stay functions after the modules behind them were loaded."""

from __future__ import annotations

import harness.pdfa


def test_check_is_a_function_before_and_after_its_first_use():
    assert harness.pdfa.check(b"no pdf").outcome == "unreadable"
    assert callable(harness.pdfa.check)
    assert harness.pdfa.check(b"no pdf").outcome == "unreadable"
