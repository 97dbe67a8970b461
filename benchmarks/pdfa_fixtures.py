"""Our own fixture documents (one passing and one failing per rule and flavour) against real veraPDF.

Usage::

    python benchmarks/pdfa_fixtures.py [--flavours 1b,2b] [--json]

The documents come from the builders of the test suite; equal means the same set of rule ids.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests" / "pdfa"), str(HERE)]

from pdfa import peer  # noqa: E402
from pdfa_fixtures import (  # noqa: E402, F401  (registers the cases)
    defects_document,
    defects_fonts,
    defects_graphics,
    defects_metadata,
    defects_syntax,
)
from pdfa_fixtures.cases import find  # noqa: E402

from harness.pdfa import FLAVOURS, check  # noqa: E402
from harness.pdfa.rules.profile import rule_ids  # noqa: E402


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--flavours", default=",".join(FLAVOURS))
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        items: list[tuple[str, Path]] = []
        for flavour in args.flavours.split(","):
            for id_ in rule_ids(FLAVOURS[flavour]):
                case = find(int(flavour[0]), flavour[1], id_)
                if case is None:
                    continue
                for word, bad in (("pass", False), ("fail", True)):
                    path = Path(folder) / f"{flavour}-{id_}-{word}.pdf"
                    path.write_bytes(case.document(int(flavour[0]), flavour[1], bad))
                    items.append((flavour, path))
        theirs = peer(items)
        counts: Counter[str] = Counter()
        different: list[str] = []
        for (flavour, path), their in zip(items, theirs, strict=True):
            mine, other = set(check(path, flavour).rules), set(their["rules"])
            counts["files"] += 1
            counts["identical"] += mine == other and "error" not in their
            if mine != other or "error" in their:
                different.append(
                    f"{path.stem}: only builtin {sorted(mine - other)}, only verapdf {sorted(other - mine)} "
                    f"{their.get('error', '')}"
                )
    if args.json:
        print(json.dumps({"counts": counts, "different": different}))
    else:
        print(dict(counts))
        print("\n".join(different))


if __name__ == "__main__":
    main()
