"""Write ``profiles/requirements.lock``: every requirement id of ours ever used; ids are only added."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from harness.core.standards.table import standards  # noqa: E402
from harness.judge.catalogue import load_catalogue  # noqa: E402

LOCK = ROOT / "profiles" / "requirements.lock"
HEADER = (
    "# Every requirement id that was ever published. Add with scripts/lock_requirements.py; never remove,\n"
    "# renumber or reuse an id: dossiers of earlier years refer to it.\n"
)


def main() -> None:
    """Add new ids of the catalogue to the lock file."""
    known = set()
    if LOCK.exists():
        lines = LOCK.read_text(encoding="utf-8").splitlines()
        known = {line.strip() for line in lines if line.strip() and not line.startswith("#")}
    ours = {item.id for item in standards().values() if item.own}
    known |= {item.id for item in load_catalogue() if not item.standard or item.standard in ours}
    LOCK.write_text(HEADER + "\n".join(sorted(known)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
