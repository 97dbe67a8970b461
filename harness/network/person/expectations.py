"""Expectation files of the persons of a run, dates filled in, as judges get them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from harness.core.data import data_path
from harness.core.tdates import TDates
from harness.core.yamlfile import load_yaml
from harness.network.file import Network
from harness.network.person.persons import resolve_tree


def expectation_file(network: Network, person: str) -> Path | None:
    """The expectation file of a person: of the network file, else ours; ``None`` when there is none."""
    for item in network.persons:
        if item.id == person and item.expectations:
            return network.base / item.expectations
    path = data_path("fixtures", "expectations") / f"{person}.yaml"
    return path if path.is_file() else None


def expectations_of(network: Network, persons: Iterable[str], t: date) -> dict[str, Any]:
    """Content of the expectation files by person; persons without a file are absent.

    :raises ConfigurationError: a file violates its schema.
    """
    found: dict[str, Any] = {}
    for person in sorted(set(persons) - {""}):
        path = expectation_file(network, person)
        if path is not None:
            found[person] = resolve_tree(load_yaml(path, schema="expectations").data, TDates(t))
    return found
