"""Set up and run: ``python scripts/dev.py demo|test|setup [arguments]``.

Uses nothing but the standard library, on Linux, macOS and Windows. It makes a virtual environment
``.venv`` in the checkout, installs this project and what ``requirements/dev.lock`` fixes (versions, and the
hash of every file), and then runs the demo or the tests. A stamp file makes the second time fast.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = Path(os.environ.get("HARNESS_VENV", ROOT / ".venv"))
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "harness-installed"
LOCK = "requirements/dev.lock"
INPUTS = ("pyproject.toml", LOCK, "scripts/dev.py")
MINIMUM = (3, 11)


def fingerprint() -> str:
    """Hash of everything that decides what must be installed."""
    digest = hashlib.sha256(sys.version.encode() + str(ROOT).encode())
    for name in INPUTS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def ensure_environment() -> None:
    """Create and fill the virtual environment when it is missing or out of date."""
    if sys.version_info < MINIMUM:
        sys.exit(f"Python {MINIMUM[0]}.{MINIMUM[1]}+ is needed; this is {sys.version.split()[0]}.")
    wanted = fingerprint()
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text() == wanted:
        return
    if not PYTHON.exists():
        try:
            import ensurepip  # noqa: F401
            import venv
        except ImportError:
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            sys.exit(
                f"Python's venv module is missing; install the package python{version}-venv and try again."
            )
        print(f"Making a virtual environment in {VENV} …", file=sys.stderr)
        venv.create(VENV, with_pip=True)
    print("Installing the locked dependencies (once) …", file=sys.stderr)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, "--require-hashes", "-r", str(ROOT / LOCK)])
    run([*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT)])
    STAMP.write_text(wanted)


def run(command: list[str]) -> None:
    """Run a command from the checkout; stop with its exit code when it fails."""
    code = subprocess.call(command, cwd=ROOT)
    if code:
        sys.exit(code)


def main(arguments: list[str]) -> int:
    """Do what the first argument says; further ones go to ``harness qualify`` or pytest."""
    if not arguments or arguments[0] not in ("demo", "test", "setup"):
        print(__doc__, file=sys.stderr)
        return 2
    task, *rest = arguments
    ensure_environment()
    if task == "setup":
        return 0
    if task == "demo":
        command = [str(PYTHON), "-m", "harness", "qualify", "--out", "reports/demo", "--jobs", "0", *rest]
    else:
        command = [str(PYTHON), "-m", "pytest", *rest]
    return subprocess.call(command, cwd=ROOT)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
