"""Prints the table of ``harness/record/redact/letters.py``: how improbable each pair of letters is in words.

Made from the words of this repository (profiles, docs, persons, code). Run it again when words of another
kind are taken for secrets; ``tests/record/test_secrets.py`` says how good the table must be.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from harness.record.redact.letters import DIGITS, EDGE, symbols, word_parts

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("profiles", "docs", "fixtures/records", "harness")
WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{2,60}")
ENCODED = re.compile(r"[A-Za-z0-9+/]{60}")
HEX = re.compile(r"[0-9a-f-]{12,}")
UNSEEN = 0.05
"""Weight of a pair that occurs in no word."""
SKIPPED = re.compile(r"pdfa|binary|letters\.py")
MAX_BITS = 14


def words() -> Iterator[str]:
    """Every word of the repository; encoded documents and programs about PDF bytes left out."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in (".yaml", ".md", ".json", ".py") or SKIPPED.search(path.as_posix()):
                continue
            for line in path.read_text(encoding="utf-8").splitlines():
                if len(line) <= 2000 and not ENCODED.search(line):
                    yield from WORD.findall(line)


def main() -> None:
    """Count the pairs of every distinct part of a word, and print the rows."""
    counts = [[UNSEEN] * (EDGE + 1) for _ in range(EDGE + 1)]
    parts = {
        part.lower()
        for word in words()
        if not HEX.search(word)
        for part in word_parts(word)
        if 3 <= len(part) <= 24 and not part.isdigit()
    }
    for part in sorted(parts):
        for left, right in pairwise(symbols(part)):
            counts[left][right] += 1
    for row in counts:
        bits = [min(MAX_BITS, -math.log2(count / sum(row))) for count in row]
        print("    " + repr("".join(DIGITS[round(2 * value)] for value in bits)))


if __name__ == "__main__":
    main()
