"""Reports of a run as PDF against real veraPDF (3b), plain, with an attachment and signed; and what they cost.

Usage::

    python benchmarks/report_pdf.py RUN [--json]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from pdfa import peer  # noqa: E402

from harness.core.run.folder import RunFolder  # noqa: E402
from harness.pdfa import check  # noqa: E402

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=Vendor")


def signing_key(folder: Path) -> Path:
    """A key with a certificate for it, made with OpenSSL."""
    usage = ("-addext", "keyUsage=critical,digitalSignature", "-addext", "basicConstraints=critical,CA:FALSE")
    one, other, path = folder / "k.pem", folder / "c.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", *KEY, *usage, "-keyout", str(one), "-out", str(other)],
        check=True,
        capture_output=True,
    )
    path.write_bytes(one.read_bytes() + other.read_bytes())
    return path


def reports(run: Path, folder: Path) -> dict[str, tuple[Path, float]]:
    """Every report of a run that can be made, with the seconds that each took."""
    made = {}
    parties = RunFolder(run).info().participants
    live = {item.id for item in parties if item.kind == "live"}
    key = signing_key(folder)
    for item in parties:
        for lang in ("nl", "en"):
            for word, more in (("plain", ()), ("signed", ("--sign", key, "--attach", run / "findings.json"))):
                if word == "signed" and item.id not in live:
                    continue
                path = folder / f"{item.id}-{lang}-{word}.pdf"
                words = ("report", run, "--party", item.id, "--lang", lang, "--out", path, *more)
                began = time.perf_counter()
                done = subprocess.run([sys.executable, "-m", "harness", *map(str, words)], check=False)
                if done.returncode == 0:
                    made[path.stem] = (path, time.perf_counter() - began)
    return made


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = reports(args.run.resolve(), Path(folder))
        theirs = peer([("3b", path) for path, _ in made.values()])
        rows: list[dict[str, Any]] = []
        for (name, (path, seconds)), their in zip(made.items(), theirs, strict=True):
            rows.append(
                {
                    "report": name,
                    "kB": path.stat().st_size // 1024,
                    "seconds": round(seconds, 2),
                    "ours": sorted(check(path, "3b").rules),
                    "verapdf": sorted(their["rules"]),
                    "error": their.get("error", ""),
                }
            )
    if args.json:
        print(json.dumps(rows, indent=2))
        return
    for row in rows:
        print("  ".join(f"{name} {value}" for name, value in row.items() if value not in ("", [])))
    bad = [row for row in rows if row["ours"] or row["verapdf"] or row["error"]]
    print(f"{len(rows)} reports, {len(rows) - len(bad)} valid for both")


if __name__ == "__main__":
    main()
