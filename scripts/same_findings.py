"""Compare the findings of two runs: ``python scripts/same_findings.py RUN RUN`` (folders or findings.json).

Prints every finding that only one of them has; exit 0 when there is none, else 1. Used to prove that moving
code changed no verdict: judge a stored run again with the new code and compare.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path


def findings(path: Path) -> Counter[str]:
    """Every finding of a run as canonical text, with how often it stands there."""
    file = path / "findings.json" if path.is_dir() else path
    return Counter(json.dumps(item, sort_keys=True) for item in json.loads(file.read_text())["findings"])


def main(arguments: list[str]) -> int:
    """Compare and print."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    before, after = (findings(Path(item)) for item in arguments)
    for sign, only in (("-", before - after), ("+", after - before)):
        for text in sorted(only.elements()):
            item = json.loads(text)
            place = item["where"]["exchange"]
            print(sign, item["requirement"], item["verdict"], place, item.get("received", ""))
    print(f"{before.total()} and {after.total()} findings, {(before & after).total()} of them the same")
    return int(before != after)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
