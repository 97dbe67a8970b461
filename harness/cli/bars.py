"""A progress bar over many files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TypeVar

Item = TypeVar("Item")

ENOUGH = 4
"""For fewer files a bar says nothing."""


def progress(found: Iterator[Item], total: int, label: str) -> Iterator[Item]:
    """The same, with a progress bar on standard error when a person looks and results do not scroll by.

    :param found: results as they come.
    :param total: how many there will be.
    :param label: what they are, for people.
    """
    if total < ENOUGH or not sys.stderr.isatty() or sys.stdout.isatty():
        yield from found
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        yield from bar.track(found, total=total)
