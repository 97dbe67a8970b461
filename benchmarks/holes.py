"""Are holes noticed that somebody made who has not seen where we look? And are correct but odd DVZAs left in peace?

``benchmarks/holes/*.patch`` are small mistakes of a vendor's developer against our simulated DVZA, written by somebody who
knew the rules of MedMij and its code, and nothing of requirements, probes and judges; ``ok-*.patch`` are other right ways
to do the same. Above the changes each file says what it is. Each is applied to a copy of the project, in which the
demo network is run, with both HISs behind one DVZA, and only what is asked of that DVZA: in the newest release, and where
that shows nothing in an old one, whose scopes are for one service. A hole is noticed when a requirement of the DVZA fails,
or is met with a remark, that is not so without the change; a correct DVZA is accused when one fails::

    python benchmarks/holes.py [--only NAME] [--sample N --seed S] [--intensity full] [--json FILE]

Prints a line per change with the requirements that it broke (``?``: a remark); exits 1 when fewer than nine in ten holes
are noticed, or a correct DVZA is accused. A sample is of holes and correct ones
together, in the proportion in which they are there; that all patches fit is looked at in any case. What stands in FILE already is not run again: delete it to begin anew.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from harness.judge.catalogue import load_catalogue

BAR = 0.9
PROJECT = Path(__file__).resolve().parents[1]
PATCHES = PROJECT / "benchmarks" / "holes"
PARTS = ("harness", "profiles", "scenarios", "fixtures", "pyproject.toml")
ASKED = ("--standard", "huisartsgegevens-2.0", "--standard", "zelfmetingen-2.0", "--vendor", "his-eik")
RELEASES = ("mm-2.2", "mm-1.4")
DVZA = "dvza-eik"


def copy(folder: Path) -> None:
    """What of the project a run needs."""
    for name in PARTS:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)
    demo = folder / "fixtures" / "networks" / "demo.yaml"
    shared = demo.read_text(encoding="utf-8").replace("dvza: dvza-beuk", f"dvza: {DVZA}")
    (folder / "network.yaml").write_text(shared, encoding="utf-8")


def broken(project: Path, run: Path, intensity: str, release: str) -> Counter[str]:
    """Requirements that the DVZA does not meet, or meets with a remark, with the number of findings.

    :raises SystemExit: there was no run.
    """
    command = [sys.executable, "-m", "harness", "qualify", "--network", "network.yaml", *ASKED]
    command += ["--pgo", "pgo-zon", "--release", release]
    command += [part for item in load_catalogue() if item.role == "dvza" for part in ("--only", item.id)]
    command += ["--at", "2026-03-01", "--skip-doctor", "--intensity", intensity, "--out", str(run)]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    if not (run / "findings.json").is_file():
        raise SystemExit(done.stderr or done.stdout)
    findings = json.loads((run / "findings.json").read_bytes())["findings"]
    return Counter(
        f"{item['requirement']}{'' if item['verdict'] == 'fail' else '?'}"
        for item in findings
        if item["verdict"] in ("fail", "warning") and item.get("party") == DVZA
    )


def main() -> int:
    """Apply each change and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="a part of the name of a patch")
    parser.add_argument("--sample", type=int, default=0, help="a random choice of so many changes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--intensity", default="full")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    done = options.json and options.json.is_file()
    rows, unfit = json.loads(options.json.read_text()) if done else [], []
    known = {row["change"] for row in rows}
    with tempfile.TemporaryDirectory() as base:
        copy(project := Path(base) / "project")
        clean = {}
        for release in RELEASES:
            clean[release] = broken(project, Path(base) / f"clean-{release}", options.intensity, release)
            print(f"without a change, {release}: {dict(clean[release])}", flush=True)
        patches = [path for path in sorted(PATCHES.glob("*.patch")) if options.only in path.name]
        count = options.sample or len(patches)
        chosen = random.Random(options.seed).sample(patches, min(count, len(patches)))
        for patch in patches:
            if patch.stem in known:
                continue
            apply = ["patch", "--silent", "-p1", "--no-backup-if-mismatch", "-i", str(patch)]
            if subprocess.run([*apply, "--dry-run"], cwd=project, check=False).returncode:
                unfit.append(patch.stem)
                continue
            if patch not in chosen:
                continue
            subprocess.run(apply, cwd=project, check=True)
            found: Counter[str] = Counter()
            for release in RELEASES:
                if found and not patch.stem.startswith("ok-"):
                    break
                run = Path(base) / f"{patch.stem}-{release}"
                found += broken(project, run, options.intensity, release) - clean[release]
            subprocess.run([*apply, "--reverse"], cwd=project, check=True)
            topic = patch.read_text(encoding="utf-8").partition("\n")[0].removeprefix("topic: ")
            rows.append({"change": patch.stem, "topic": topic, "broken": sorted(found)})
            print(f"{patch.stem:32} {topic:20} {' '.join(sorted(found)) or '-'}", flush=True)
            if options.json:
                options.json.write_text(json.dumps(rows, indent=1))
    holes = [row for row in rows if not row["change"].startswith("ok-")]
    noticed = sum(bool(row["broken"]) for row in holes)
    accused = [
        row["change"]
        for row in rows
        if row["change"].startswith("ok-") and any(not name.endswith("?") for name in row["broken"])
    ]
    print(f"noticed: {noticed} of {len(holes)} holes")
    print(f"accused: {len(accused)} of {len(rows) - len(holes)} correct ones")
    print(f"do not fit the code any more: {' '.join(unfit) or 'none'}")
    return int(noticed < BAR * len(holes) or bool(accused or unfit))


if __name__ == "__main__":
    sys.exit(main())
