"""Runs of the harness that several tests look at, as a user would make them.

Each is made once, by the first worker that wants it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from dossierkit import qualify_faulty

from harness.cli import run

ROOT = Path(__file__).resolve().parents[2]
AT = "2026-03-01"
SMALL = ("--standard", "pdfa-3.0", "--pgo", "pgo-zon", "--vendor", "his-eik")


@dataclass(frozen=True)
class Done:
    """A finished command."""

    code: int
    out: str
    err: str


def command(*words: str | Path, cwd: Path = ROOT) -> Done:
    """Run ``python -m …`` with a clean environment."""
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("HARNESS_", "PYTEST_"))
    }
    result = subprocess.run(
        [sys.executable, "-m", *map(str, words)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        timeout=300,
        check=False,
    )
    return Done(result.returncode, result.stdout, result.stderr)


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    """Make a run in a folder that all workers share, ``once(name, make)``: the folder and what the command said."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent

    def made(name: str, make: Callable[[Path], Done]) -> tuple[Path, Done]:
        home = shared / f"once-{name}"
        told = home / "told.json"
        try:
            home.mkdir()
        except FileExistsError:
            until = time.monotonic() + 300
            while not told.exists() and time.monotonic() < until:
                time.sleep(0.2)
        else:
            done = make(home)
            (home / "told.part").write_text(json.dumps(asdict(done)))
            (home / "told.part").rename(told)
        return home, Done(**json.loads(told.read_text()))

    return made


@pytest.fixture(scope="session")
def harness():
    """Call ``harness …`` as a process."""
    return lambda *words: command("harness", *words)


@pytest.fixture(scope="session")
def door():
    """Call ``pytest …`` as a process."""
    return lambda *words: command("pytest", "-q", "-p", "no:cacheprovider", *words)


@pytest.fixture(scope="session")
def small_run(once):
    """``harness qualify`` of one cell of the demo network."""
    home, done = once(
        "small", lambda home: command("harness", "qualify", "--out", home / "run", "--at", AT, *SMALL)
    )
    return home / "run", done


@pytest.fixture(scope="session")
def door_run(once):
    """The same cell through pytest."""
    words = [f"--harness-{word.removeprefix('--')}" if word.startswith("--") else word for word in SMALL]

    def make(home: Path) -> Done:
        return command(
            *("pytest", "-q", "-p", "no:cacheprovider", "scenarios", "--harness-network", "demo"),
            *("--harness-out", home / "run", "--harness-at", AT, "--alluredir", home / "allure", *words),
        )

    home, done = once("door", make)
    return home / "run", home / "allure", done


@pytest.fixture(scope="session")
def defect_run(once):
    """A run of Huisartsgegevens of both HISs with one PGO, with one planted defect in one HIS.

    The defect: the BSN naming system in the self link. Both are behind one DVZA.
    """
    words = ("--standard", "huisartsgegevens-2.0", "--pgo", "pgo-zon", "--intensity", "smoke")

    def make(home: Path) -> Done:
        text = (ROOT / "fixtures" / "networks" / "demo.yaml").read_text()
        marked = text.replace(
            "behaviour: json-contained", "behaviour: json-contained\n    faults: [bsn-in-self-link]", 1
        )
        marked = marked.replace("dvza: dvza-beuk", "dvza: dvza-eik")
        assert marked.count("dvza: dvza-eik") == 2 and "faults: [bsn-in-self-link]" in marked
        network = home / "defect.yaml"
        network.write_text(marked)
        return command("harness", "qualify", "--network", network, "--out", home / "run", "--at", AT, *words)

    home, done = once("defect", make)
    return home / "run", done


@pytest.fixture
def here(capsys) -> Callable[..., tuple[int, str]]:
    """Call ``harness …`` in this process; gives exit code and everything that it said."""

    def call(*words: str | Path) -> tuple[int, str]:
        code = run([*map(str, words)])
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return code, said.out + said.err

    return call


@pytest.fixture
def copy(small_run, tmp_path) -> Path:
    """A finished run to do harm to."""
    return Path(shutil.copytree(small_run[0], tmp_path / "run"))


@pytest.fixture
def key(tmp_path) -> Path:
    """A new signing key."""
    path = tmp_path / "key.pem"
    made = Ed25519PrivateKey.generate()
    path.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


@pytest.fixture(scope="session")
def faulty_run(once, harness):
    """A run against a HIS of another process whose total is too high."""
    home, done = once("faulty", lambda home: qualify_faulty(home, harness))
    assert done.code == 1, done.out + done.err
    return home / "run"


@pytest.fixture(name="run")
def faulty(faulty_run, tmp_path):
    """A copy of it, to change."""
    return Path(shutil.copytree(faulty_run, tmp_path / "run"))
