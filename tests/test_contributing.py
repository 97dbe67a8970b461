"""The recipes of CONTRIBUTING.md, carried out literally: its snippets in a copy of this repository, its commands."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
NOT_COPIED = (".*", "reports", "benchmarks", "node_modules")
SNIPPET = re.compile(r"^(Add to|Make) `([^`]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAMS = {
    "python": [],
    "pytest": ["-m", "pytest", "-q", "-p", "no:cacheprovider"],
    "harness": ["-m", "harness"],
}


@dataclass(frozen=True)
class Snippet:
    """A text that a recipe tells to make a file of, or to add to one."""

    new: bool
    path: str
    text: str


def section(title: str) -> str:
    """A section of the page, without its heading."""
    return re.split(r"^## ", PAGE.split(f"\n## {title}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]


def snippets(title: str) -> list[Snippet]:
    """The snippets of a recipe, in the order in which a person works."""
    return [Snippet(kind == "Make", path, text) for kind, path, text in SNIPPET.findall(section(title))]


def commands(title: str) -> list[str]:
    """The commands of a recipe."""
    return [line for block in COMMANDS.findall(section(title)) for line in block.splitlines()]


class Copy:
    """A copy of the repository in which a recipe is followed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(*NOT_COPIED))
        (root / "reports").mkdir()

    def follow(self, *wanted: Snippet) -> None:
        """Put snippets where the page says."""
        for item in wanted:
            path = self.root / item.path
            assert path.exists() is not item.new, item.path
            path.parent.mkdir(exist_ok=True)
            before = "" if item.new else path.read_text(encoding="utf-8") + "\n\n" * (path.suffix == ".py")
            path.write_text(before + item.text, encoding="utf-8")

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the page with this Python and the copy's harness."""
        program, *words = shlex.split(command)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("HARNESS_", "PYTEST_"))}
        return subprocess.run(
            [sys.executable, *PROGRAMS[program], *words],
            cwd=self.root,
            env={**kept, "PYTHONPATH": str(self.root), "HARNESS_LANG": "en"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def told(self, command: str) -> str:
        """What a command says that must fail."""
        done = self.run(command)
        assert done.returncode not in (0, 4, 5), done.stdout + done.stderr
        return done.stdout + done.stderr

    def passed(self, title: str) -> int:
        """How many tests pass when the commands of a recipe are run, all of them with success."""
        text = ""
        for command in commands(title):
            done = self.run(command)
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
            text += done.stdout
        return sum(int(number) for number in re.findall(r"^(\d+) passed", text, re.MULTILINE))


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """A fresh copy."""
    return Copy(tmp_path / "harness")


def test_a_requirement_and_its_fault(copy: Copy) -> None:
    stated, *rest = [*snippets("A requirement"), *snippets("A fault")]
    copy.follow(stated)
    missing = copy.told("pytest tests/judge -k 'has_a_judge or has_a_fault or are_locked'")
    for advice in (
        "write a judge: @judge(id)",
        "add a fault to faults.yaml",
        "run python scripts/reference.py",
    ):
        assert advice in missing
    copy.follow(*rest)
    assert copy.passed("A fault") == 4, "two faults, and the reference on both kinds of twin"
    for file in ("profiles/requirements.lock", "docs/requirements.md"):
        text = (copy.root / file).read_text(encoding="utf-8")
        assert "HG-EPI-002" in text and "HG-COM-004" in text


def test_a_standard(copy: Copy) -> None:
    facts, *rest = snippets("A standard")
    copy.follow(facts)
    missing = copy.told("harness requirements --standard probleemlijst-1.0")
    for name in ("queries.yaml", "requirements.yaml", "faults.yaml"):
        assert f"profiles/probleemlijst/{name}: file of the standard is missing" in missing
    copy.follow(*rest)
    assert copy.passed("A standard") == 4, "two faults, and the reference on both kinds of twin"
    found = json.loads((copy.root / "reports" / "probleemlijst" / "findings.json").read_text())["findings"]
    verdicts = {
        item["requirement"]: item["verdict"] for item in found if item["requirement"].startswith("PL-")
    }
    assert len(verdicts) > 25 and set(verdicts.values()) == {"pass"}


def test_a_standard_of_another_package(tmp_path: Path) -> None:
    package = tmp_path / "probleemlijst"
    package.mkdir()
    (package / "__init__.py").touch()
    for item in snippets("A standard"):
        if item.path.startswith("profiles/"):
            (package / Path(item.path).name).write_text(item.text, encoding="utf-8")
    (point,) = re.findall(r'^\[project\.entry-points\."(.+)"\]\n(.+)$', section("A standard"), re.MULTILINE)
    info = tmp_path / "probleemlijst-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: probleemlijst\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{point[0]}]\n{point[1].replace(chr(34), '')}\n")
    done = subprocess.run(
        [sys.executable, "-m", "harness", "requirements", "--standard", "probleemlijst-1.0", "--json"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(tmp_path)))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert '"PL-PRB-001"' in done.stdout and '"PL-GEN-001"' in done.stdout


def test_a_pdf_rule(copy: Copy) -> None:
    rule, documents = snippets("A PDF rule")
    (command,) = commands("A PDF rule")
    copy.follow(rule)
    assert "no document for this rule" in copy.told(command)
    copy.follow(documents)
    assert copy.passed("A PDF rule") == 6, "a sound and a broken document in every flavour of parts 2 and 3"


def test_what_the_recipes_add_is_clean(tmp_path: Path) -> None:
    copy = Copy(tmp_path / "harness")
    for title in ("A requirement", "A fault", "A standard", "A PDF rule"):
        copy.follow(*snippets(title))
    shutil.copy(ROOT / "pyproject.toml", copy.root)
    for words in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "harness", "tests"],
            cwd=copy.root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


def test_folders_that_the_page_names_exist() -> None:
    for name in re.findall(r"`((?:profiles|fixtures|scenarios|harness|scripts|tests)/[\w./-]+)`", PAGE):
        made = any(item.path == name and item.new for item in snippets("A standard"))
        assert made or (ROOT / name).exists(), name
