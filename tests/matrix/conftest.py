"""Runs of the harness that several tests look at; each is made once per session, as a user would make it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

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
def harness():
    """Call ``harness …`` as a process."""
    return lambda *words: command("harness", *words)


@pytest.fixture(scope="session")
def door():
    """Call ``pytest …`` as a process."""
    return lambda *words: command("pytest", "-q", "-p", "no:cacheprovider", *words)


@pytest.fixture(scope="session")
def small_run(tmp_path_factory):
    """``harness qualify`` of one cell of the demo network."""
    out = tmp_path_factory.mktemp("small") / "run"
    return out, command("harness", "qualify", "--out", out, "--at", AT, *SMALL)


@pytest.fixture(scope="session")
def door_run(tmp_path_factory):
    """The same cell through pytest."""
    out = tmp_path_factory.mktemp("door") / "run"
    allure = out.parent / "allure"
    words = [f"--harness-{word.removeprefix('--')}" if word.startswith("--") else word for word in SMALL]
    done = command(
        *("pytest", "-q", "-p", "no:cacheprovider", "scenarios", "--harness-network", "demo"),
        *("--harness-out", out, "--harness-at", AT, "--alluredir", allure, *words),
    )
    return out, allure, done


@pytest.fixture(scope="session")
def defect_network(tmp_path_factory):
    """The demo network with one planted defect: the BSN naming system in the self link of one HIS."""
    path = tmp_path_factory.mktemp("networks") / "defect.yaml"
    text = (ROOT / "fixtures" / "networks" / "demo.yaml").read_text()
    marked = text.replace(
        "behaviour: json-contained", "behaviour: json-contained\n    faults: [bsn-in-self-link]", 1
    )
    assert marked != text
    path.write_text(marked)
    return path


@pytest.fixture(scope="session")
def defect_run(tmp_path_factory, defect_network):
    """A run with the planted defect, Huisartsgegevens of both HISs with one PGO."""
    out = tmp_path_factory.mktemp("defect") / "run"
    words = ("--standard", "huisartsgegevens-2.0", "--pgo", "pgo-zon")
    return out, command("harness", "qualify", "--network", defect_network, "--out", out, "--at", AT, *words)


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
