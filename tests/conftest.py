"""Shared test fixtures: official material when the user has it, and a frozen date.

Makes the helper ``runfolders`` importable for every test.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["pytester"]
sys.path.insert(0, str(Path(__file__).parent))
ROOT = Path(__file__).resolve().parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with a test marked slow come first, so that no worker waits at the end for the one of another."""
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session")
def material() -> Path:
    """Folder with official material (``HARNESS_MATERIAL`` or ``../shared/material``); skips without it."""
    folder = Path(os.environ.get("HARNESS_MATERIAL", ROOT.parent / "shared" / "material"))
    if not folder.is_dir():
        pytest.skip("official material is absent (set HARNESS_MATERIAL to its folder)")
    return folder


@pytest.fixture(scope="session")
def recorded() -> Callable[[Path, Path], Any]:
    """Reader of a peer's recorded answers, ``recorded(material, file)``; skips when a set they are of is absent.

    The record names the official sets that it was made over (``sets``). A test that compares with it uses those
    sets and no others, so that further sets in the material change nothing.
    """

    def read(material: Path, file: Path) -> Any:
        record = json.loads(file.read_text(encoding="utf-8"))
        home = material / "nictiz-testscripts" / "STU3"
        missing = [name for name in record["sets"] if not (home / name).is_dir()]
        if missing:
            pytest.skip(
                f"{file.name} was recorded over official sets that are not here: {', '.join(missing)}"
            )
        return record

    return read


@pytest.fixture(scope="session")
def t() -> date:
    """A fixed ``T`` for tests."""
    return date(2026, 3, 1)
