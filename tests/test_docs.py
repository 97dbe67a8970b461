"""Documentation that cannot rot: generated pages are up to date, links resolve, exit codes are named."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.core.exits import ExitCode
from harness.core.verdicts import Verdict

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "benchmarks" / "README.md"])


def test_generated_pages_are_up_to_date():
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "reference.py"), "--check"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_of_a_page_resolve(page):
    for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not link.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"


def test_readme_names_every_exit_code():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for code in ExitCode:
        assert f"| {int(code)} |" in readme


def test_architecture_names_every_verdict():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for verdict in Verdict:
        assert verdict.value in text


def test_benchmarks_that_are_documented_exist():
    text = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    for name in re.findall(r"python (benchmarks/\w+\.py)", text):
        assert (ROOT / name).is_file(), name
