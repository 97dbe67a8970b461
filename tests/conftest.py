"""Shared test fixtures: official material when the user has it, and a frozen date."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def material() -> Path:
    """Folder with official material (``HARNESS_MATERIAL`` or ``../shared/material``); skips without it."""
    folder = Path(os.environ.get("HARNESS_MATERIAL", ROOT.parent / "shared" / "material"))
    if not folder.is_dir():
        pytest.skip("official material is absent (set HARNESS_MATERIAL to its folder)")
    return folder


@pytest.fixture(scope="session")
def t() -> date:
    """A fixed ``T`` for tests."""
    return date(2026, 3, 1)
