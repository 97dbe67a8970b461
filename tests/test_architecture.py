"""The house rules that a program can check: import direction, pure judges, small modules."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "harness"

ALLOWED: dict[str, set[str]] = {
    "core": set(),
    "fhir": {"core"},
    "pdfa": {"core"},
    "medmij": {"core"},
    "pki": {"core"},
    "record": {"core"},
}
KNOWLEDGE = {"core", "fhir", "pdfa", "medmij", "pki", "record"}
ALLOWED["judge"] = KNOWLEDGE
ALLOWED["network"] = KNOWLEDGE
ALLOWED["scenario"] = {"core"}
ALLOWED["testscript"] = KNOWLEDGE | {"judge", "network", "scenario"}
ALLOWED["matrix"] = KNOWLEDGE | {"judge", "network", "scenario"}
ALLOWED["report"] = KNOWLEDGE | {"judge", "network", "testscript", "matrix", "scenario"}
ALLOWED["plugin"] = ALLOWED["cli"] = ALLOWED["report"] | {"report", "plugin", "cli"}
IMPURE = {"time", "random", "socket", "httpx", "os", "secrets", "subprocess", "requests", "urllib.request"}


def imports(path: Path) -> set[str]:
    """Dotted names of everything that a module imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def rooms(path: Path) -> set[str]:
    """Rooms of the harness that a module imports."""
    return {name.split(".")[1] for name in imports(path) if name.startswith("harness.")}


MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "_data" not in path.parts)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_import_direction(path):
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room in ("__init__", "__main__"):
        return
    wrong = {name for name in rooms(path) - {room} if name in ALLOWED and name not in ALLOWED[room]}
    assert not wrong, f"{room} may not import {sorted(wrong)}"


JUDGES = sorted((PACKAGE / "judge").rglob("*.py"))


@pytest.mark.parametrize("path", JUDGES, ids=lambda path: path.name)
def test_judges_are_pure(path):
    names = imports(path)
    assert not {name for name in names if name in IMPURE}
    source = path.read_text(encoding="utf-8")
    assert "datetime.now" not in source and "date.today" not in source


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_every_module_says_what_it_is_for(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), "module docstring is missing"
