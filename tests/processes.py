"""Commands of the harness that serve, as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def serving(*words: str | Path) -> Iterator[str]:
    """A serving command as a process; yields the first line that it prints, when it is ready."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HARNESS_")}
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "harness", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline()
    finally:
        process.terminate()
        process.wait(timeout=30)
