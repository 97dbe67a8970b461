"""The supply chain: ``python scripts/supply.py lock|sbom|audit [arguments]``.

* ``lock`` writes ``requirements/run.lock`` and ``requirements/dev.lock`` again: every version with the
  hashes of its files, for all systems and supported versions of Python. Versions stay unless ``--upgrade``
  is given.
* ``sbom [FILE]`` writes what a run consists of as CycloneDX 1.6 (JSON): an environment with exactly
  ``run.lock`` is made and read, so that licences and dependencies are those of the installed packages.
* ``audit`` asks the vulnerability database of PyPI about every version of both locks (network).

Needs ``pip install -e .[supply]``: uv, cyclonedx-bom and pip-audit.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"
OLDEST = "3.11"
LOCKS = {"run": (), "dev": ("--extra", "dev")}


def run(*command: str | Path) -> int:
    """A command in the checkout; gives its exit code."""
    return subprocess.call([str(word) for word in command], cwd=ROOT)


def lock(arguments: list[str]) -> int:
    """Resolve both locks: the one for development keeps the versions of the other."""
    for name, extra in LOCKS.items():
        constraint = () if name == "run" else ("--constraint", FOLDER / "run.lock")
        code = run(
            *(sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", *extra, *constraint),
            *("--universal", "--python-version", OLDEST, "--generate-hashes"),
            *("--no-annotate", "--no-header", "--quiet", "-o", FOLDER / f"{name}.lock", *arguments),
        )
        if code:
            return code
    return 0


def sbom(arguments: list[str]) -> int:
    """What an environment with the packages of a run holds."""
    out = Path(arguments[0] if arguments else "sbom.json").resolve()
    with tempfile.TemporaryDirectory() as scratch:
        venv.create(scratch, with_pip=True)
        python = next(path for path in Path(scratch).glob("*/python*") if path.stem == "python")
        pip = (python, "-m", "pip", "--disable-pip-version-check")
        code = run(*pip, "install", "--quiet", "--require-hashes", "-r", FOLDER / "run.lock") or run(
            *pip, "uninstall", "--quiet", "--yes", "pip", "setuptools"
        )
        return code or run(*reading(python, out))


def reading(python: str | Path, out: Path) -> tuple[str | Path, ...]:
    """The command that writes what an environment holds."""
    return (
        *(
            sys.executable,
            "-m",
            "cyclonedx_py",
            "environment",
            python,
            "--pyproject",
            ROOT / "pyproject.toml",
        ),
        *("--spec-version", "1.6", "--output-format", "JSON", "--output-reproducible", "--validate"),
        *("--output-file", out),
    )


def audit(arguments: list[str]) -> int:
    """Known vulnerabilities of every locked version."""
    return max(
        run(
            *(sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes"),
            *("-r", FOLDER / f"{name}.lock", *arguments),
        )
        for name in LOCKS
    )


def main(arguments: list[str]) -> int:
    """Do what the first argument says."""
    tasks = {"lock": lock, "sbom": sbom, "audit": audit}
    if not arguments or arguments[0] not in tasks:
        print(__doc__, file=sys.stderr)
        return 2
    return tasks[arguments[0]](arguments[1:])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
