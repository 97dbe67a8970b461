"""All foreign documents here and with veraPDF in the same run: one line per producer, and the bars."""

from __future__ import annotations

import hashlib
import re
import sys
import time
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent.parent), str(HERE.parent)]

from pdfa import peer  # noqa: E402

from harness.pdfa import Limits, Report, check  # noqa: E402
from harness.pdfa.engines import claimed_flavour  # noqa: E402
from harness.pdfa.facts.metadata.packets import read_claims  # noqa: E402
from harness.pdfa.file.cos import Document  # noqa: E402
from harness.pdfa.file.limits import Budget, LimitExceeded, Unreadable  # noqa: E402
from harness.pdfa.model import FLAVOURS  # noqa: E402

SPREAD = ("1b", "2b", "2u", "1a", "2a", "3a")
"""Flavours that documents without a claim of ours are checked against, one each, by the hash of their bytes."""
BARS = {"verdict": 0.985, "false alarm": 0.01, "false accept": 0.005, "identical": 0.93}


def flavour_of(path: Path) -> str:
    """What a document is checked as: its claim, or one of :data:`SPREAD`."""
    data = path.read_bytes()
    try:
        if read_claims(Document(data, Budget(Limits()))).pdfa in FLAVOURS:
            return claimed_flavour(path)
    except (Unreadable, LimitExceeded):
        pass
    return SPREAD[hashlib.sha256(data).digest()[0] % len(SPREAD)]


def ours(item: tuple[str, Path]) -> Report:
    """Our report on one document."""
    return check(item[1], item[0], Limits(seconds=120))


def compare(root: Path) -> dict[str, Any]:
    """Rows per producer, the shares that the bars are about, and every difference with the class that explains it."""
    reasons: list[dict[str, Any]] = yaml.safe_load((HERE / "reasons.yaml").read_text(encoding="utf-8"))
    files = [p for p in sorted(root.glob("*/*.pdf")) if p.stat().st_size]
    items = [(flavour_of(p), p) for p in files]
    start = time.perf_counter()
    theirs = peer(items, patience=300)
    peer_seconds = time.perf_counter() - start
    start = time.perf_counter()
    with ProcessPoolExecutor(2) as pool:
        mine = list(pool.map(ours, items, chunksize=8))
    seconds = time.perf_counter() - start
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    classes: Counter[str] = Counter()
    different: list[str] = []
    for (flavour, path), report, their in zip(items, mine, theirs, strict=True):
        row = _row(report, their)
        found = _class(report, their, reasons) if not row["identical"] else None
        if found is not None:
            classes[found] += 1
            row = Counter({"files": 1, "explained": 1})
        for name in (path.parent.name, "all"):
            rows[name].update(row)
        if not row["identical"]:
            other = set(their.get("rules", {}))
            different.append(
                f"{flavour} {path.parent.name}/{path.name}: {report.outcome}, only builtin {sorted(set(report.rules) - other)}, "
                f"only verapdf {sorted(other - set(report.rules))} {their.get('error', '')} [{found or 'open'}]"
            )
    return {
        "rows": rows, "shares": shares(rows["all"]), "classes": classes, "different": different,
        "seconds": {"builtin, two cores": seconds, "verapdf": peer_seconds},
        "reasons": {one["id"]: one["reason"].strip() for one in reasons},
    }  # fmt: skip


def _row(report: Report, their: dict[str, Any]) -> Counter[str]:
    unreadable = "error" in their
    valid = not unreadable and bool(their["valid"])
    rules = set(their.get("rules", {}))
    same = (
        report.outcome == "unreadable" if unreadable else rules == set(report.rules) and report.valid == valid
    )
    return Counter(
        {
            "files": 1, "compared": 1, "valid": valid, "1-3 rules": 1 <= len(rules) <= 3, "verdict": report.valid == valid,
            "identical": same, "false alarm": valid and not report.valid, "false accept": report.valid and not valid,
        }
    )  # fmt: skip


def _class(report: Report, their: dict[str, Any], reasons: list[dict[str, Any]]) -> str | None:
    """The class that explains a difference wholly, ``None`` when none does."""
    rules = set(their.get("rules", {}))
    more, less = set(report.rules) - rules, rules - set(report.rules)
    for one in reasons:
        if "error" in one:
            if one["error"] == their.get("error"):
                return str(one["id"])
            continue
        if (
            "error" in their
            or not more <= set(one.get("only_builtin", ()))
            or not less <= set(one.get("only_verapdf", ()))
        ):
            continue
        if one.get("disputed") and not more <= set(report.disputed_rules):
            continue
        if all(re.search(one.get("where", ""), their.get("where", {}).get(rule, "")) for rule in less):
            return str(one["id"])
    return None


def shares(row: Counter[str]) -> dict[str, float]:
    """The measures that the bars are about."""
    compared = max(1, row["compared"])
    return {
        "verdict": row["verdict"] / compared,
        "false alarm": row["false alarm"] / max(1, row["valid"]),
        "false accept": row["false accept"] / max(1, compared - row["valid"]),
        "identical": row["identical"] / compared,
    }


def show(result: dict[str, Any]) -> None:
    """Print the table."""
    rows = result["rows"]
    keys = ("files", "explained", "valid", "1-3 rules", "verdict", "identical", "false alarm", "false accept")
    print(f"{'producer':34}" + "".join(f"{key:>14}" for key in keys))
    for name in sorted(rows, key=lambda name: (name == "all", name)):
        print(f"{name:34}" + "".join(f"{rows[name][key]:>14}" for key in keys))
    print("\ndifferences:", *result["different"], sep="\n  ")
    for name, count in result["classes"].items():
        print(f"explained: {name} {count}×: {result['reasons'][name]}")
    for name, value in result["shares"].items():
        bar = BARS[name]
        met = value >= bar if bar > 0.5 else value <= bar
        print(
            f"{name}: {value:.2%} (bar {'>=' if bar > 0.5 else '<='} {bar:.1%}) {'ok' if met else 'MISSED'}"
        )
    print(", ".join(f"{name} {value:.0f} s" for name, value in result["seconds"].items()))
