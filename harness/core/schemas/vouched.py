"""Which YAML files that ship with the harness were checked against their schema when it was made.

A third of every start would go to checking the same bytes against the same schemas again. The file
``vouched.txt`` holds a digest of each pair; what is not in it (a file of a user, one that was edited,
a schema that changed) is checked. ``scripts/reference.py`` writes the file, and a test keeps it true.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).parent / "vouched.txt"
_collected: dict[str, str] | None = None


def digest(document: str, schema: bytes, values: Mapping[str, Collection[str]] | None) -> str:
    """What a document, its schema, and the words that are allowed in it are together, 32 hex digits.

    :param document: SHA-256 of its bytes, hex.
    """
    words = {name: sorted(found) for name, found in (values or {}).items()}
    parts = (document.encode(), hashlib.sha256(schema).digest(), json.dumps(words, sort_keys=True).encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:32]


def holds(key: str) -> bool:
    """Whether a document was checked already."""
    return _collected is None and key in _known()


def found_right(key: str, name: str) -> None:
    """A document was checked just now; noted while somebody collects."""
    if _collected is not None:
        _collected[key] = name


@contextmanager
def collecting() -> Iterator[dict[str, str]]:
    """While this lasts everything is checked; gives the names of the documents that are right, by digest."""
    global _collected  # noqa: PLW0603 - one collector, in a script
    found: dict[str, str] = {}
    _collected = found
    try:
        yield found
    finally:
        _collected = None


@cache
def _known() -> frozenset[str]:
    try:
        lines = FILE.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return frozenset()
    return frozenset(line.partition(" ")[0] for line in lines if not line.startswith("#"))
