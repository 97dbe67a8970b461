"""Fixtures of the TestScript tests."""

from __future__ import annotations

import importlib.util
import sys
from datetime import date
from pathlib import Path

import pytest

from harness.testscript.own.server import OwnServers
from harness.testscript.plan.items import collect
from harness.testscript.plan.plan import Plan
from harness.testscript.plan.validators import ProfileChecks
from harness.testscript.run.own import run_self

_spec = importlib.util.spec_from_file_location("scriptkit", Path(__file__).with_name("scriptkit.py"))
scriptkit = importlib.util.module_from_spec(_spec)
sys.modules.setdefault("scriptkit", scriptkit)
_spec.loader.exec_module(scriptkit)

T = date(2026, 3, 1)


@pytest.fixture
def kit(tmp_path):
    """An empty script set with fixtures."""
    return scriptkit.Kit(tmp_path / "kit")


@pytest.fixture
def run():
    """Run the scripts of a path against our own server; results by id."""

    def go(path, **options):
        options.setdefault("profiles", ProfileChecks(enabled=False))
        options.setdefault("keep_steps", True)
        plan = Plan(T, **options)
        servers = OwnServers(plan.t, plan.now)
        return {item.path.stem: run_self(item, plan, servers) for item in collect([path], plan)}

    return go
