"""What is installed is fixed by version and hash, apart for a run and for development."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def locked(name: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Version and hashes of each package of a lock."""
    text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    found = {}
    for line in text.splitlines():
        stated, *hashes = re.split(r"\s+--hash=", line)
        one = Requirement(stated.strip())
        (version,) = one.specifier
        assert version.operator == "==", line
        found[canonicalize_name(one.name)] = (version.version, frozenset(item.strip() for item in hashes))
    return found


@pytest.mark.parametrize("name", ["run", "dev"])
def test_every_package_is_fixed_by_hashes(name):
    for package, (_, hashes) in locked(name).items():
        assert hashes, package
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", item) for item in hashes), package


@pytest.mark.parametrize("name", ["run", "dev"])
def test_a_lock_holds_what_the_project_asks(name):
    asked = PROJECT["dependencies"] + (PROJECT["optional-dependencies"]["dev"] if name == "dev" else [])
    found = locked(name)
    for text in asked:
        one = Requirement(text)
        version, _ = found[canonicalize_name(one.name)]
        assert one.specifier.contains(version), (text, version)


def test_a_run_needs_nothing_of_development():
    run, dev = locked("run"), locked("dev")
    assert run.items() <= dev.items()
    for text in PROJECT["optional-dependencies"]["dev"]:
        name = canonicalize_name(Requirement(text).name)
        assert name not in run or name in {
            canonicalize_name(Requirement(one).name) for one in PROJECT["dependencies"]
        }


@pytest.mark.skipif(
    importlib.util.find_spec("cyclonedx_py") is None,
    reason="cyclonedx-bom is not installed: pip install -e .[supply]",
)
def test_the_bill_of_materials_is_cyclonedx_and_names_what_a_run_needs(tmp_path):
    """Of this environment: a fresh one, as ``scripts/supply.py sbom`` makes, takes a download."""
    sys.path.insert(0, str(ROOT / "scripts"))
    from supply import reading

    out = tmp_path / "sbom.json"
    done = subprocess.run(
        list(map(str, reading(sys.executable, out))), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr  # it validates against the schema of CycloneDX
    made = json.loads(out.read_text(encoding="utf-8"))
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    assert made["metadata"]["component"]["name"] == PROJECT["name"]
    said = {canonicalize_name(item["name"]): item["version"] for item in made["components"]}
    here = {name: version for name, (version, _) in locked("run").items() if name in said}
    assert len(here) > 40 and all(said[name] == version for name, version in here.items())
    assert all(item["purl"].startswith("pkg:pypi/") for item in made["components"] if "purl" in item)
