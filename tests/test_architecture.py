"""The house rules that a program can check; ``python scripts/house.py`` prints the numbers behind them."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "harness"

_SPEC = importlib.util.spec_from_file_location("house", ROOT / "scripts" / "house.py")
house = importlib.util.module_from_spec(_SPEC)
sys.modules["house"] = house
_SPEC.loader.exec_module(house)

ALLOWED: dict[str, set[str]] = {
    "core": set(),
    "fhir": {"core"},
    "pdfa": {"core"},
    "medmij": {"core"},
    "pki": {"core"},
    "record": {"core"},
}
ALLOWED["reference"] = {"core", "fhir", "medmij"}
KNOWLEDGE = {*ALLOWED, "reference"}
ALLOWED["judge"] = KNOWLEDGE
ALLOWED["network"] = KNOWLEDGE
ALLOWED["scenario"] = {"core"}
ALLOWED["testscript"] = KNOWLEDGE | {"judge", "network", "scenario"}
ALLOWED["matrix"] = KNOWLEDGE | {"judge", "network", "scenario"}
ALLOWED["report"] = KNOWLEDGE | {"judge", "network", "testscript", "matrix", "scenario"}
ALLOWED["plugin"] = ALLOWED["cli"] = ALLOWED["report"] | {"report", "plugin", "cli"}
IMPURE = {"time", "random", "socket", "httpx", "os", "secrets", "subprocess", "requests", "urllib.request"}

DENSE = {
    "harness/fhir/codec/xml/read.py::complex",
    "harness/pdfa/facts/graphics/content.py::_loop",
    "harness/pdfa/file/lex.py::read",
}
"""Parser loops that stay in one piece: they run once per token of a document, and a call per branch costs."""

MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "_data" not in path.parts)
FOLDERS = sorted({path.parent for path in MODULES})


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


def place(path: Path) -> str:
    """How a test names a module."""
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_a_module_knows_its_place(path):
    """Direction of imports, a docstring that says what it is for, a size that a person reads in one sitting."""
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    source = path.read_text(encoding="utf-8")
    if room not in ("__init__", "__main__"):
        wrong = {name for name in rooms(path) - {room} if name in ALLOWED and name not in ALLOWED[room]}
        assert not wrong, f"{room} may not import {sorted(wrong)}"
    assert ast.get_docstring(ast.parse(source)), "module docstring is missing"
    assert len(source.splitlines()) <= house.LINES_PER_MODULE, "split it along its jobs"


JUDGES = sorted((PACKAGE / "judge").rglob("*.py"))


@pytest.mark.parametrize("path", JUDGES, ids=place)
def test_judges_are_pure(path):
    names = imports(path)
    assert not {name for name in names if name in IMPURE}
    source = path.read_text(encoding="utf-8")
    assert "datetime.now" not in source and "date.today" not in source


def test_no_modules_import_each_other_in_a_circle():
    """Imports inside functions and under ``TYPE_CHECKING`` count: they hide a circle, they do not undo it."""
    assert house.circles(house.import_graph(PACKAGE)) == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_folder_can_be_overseen(folder):
    assert (folder / "__init__.py").is_file(), "a folder explains itself in its __init__"
    key = folder.relative_to(ROOT).as_posix()
    assert house.folders(PACKAGE)[key] <= house.MODULES_PER_FOLDER


def test_the_architecture_page_names_every_folder():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    tree = page.split("```text\n")[1].split("```")[0]
    named: set[str] = set()
    above: list[str] = []
    for line in tree.splitlines():
        name = line.split()[0].rstrip("/")
        above[(len(line) - len(line.lstrip())) // 2 :] = [name]
        named.add("/".join(above))
    assert named == {path.relative_to(PACKAGE).as_posix() for path in FOLDERS} - {"."}


@pytest.mark.parametrize(
    "path",
    sorted([*(ROOT / "benchmarks").glob("*.py"), *(ROOT / "scripts").glob("*.py")]),
    ids=lambda path: path.name,
)
def test_what_benchmarks_and_scripts_take_from_the_harness_exists(path):
    """They run seldom; so nobody else notices that a name has moved."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "harness":
            module = importlib.import_module(node.module)
            for name in node.names:
                submodule = (
                    importlib.util.find_spec(f"{node.module}.{name.name}")
                    if hasattr(module, "__path__")
                    else None
                )
                assert hasattr(module, name.name) or submodule, f"{node.module}: {name.name}"


def test_functions_are_simple_but_for_named_parser_loops():
    found = {item.place: item.value for item in house.complex_functions(PACKAGE)}
    assert found.keys() <= DENSE, "split it, or name it in DENSE with the reason"
    assert found.keys() >= DENSE, "no longer complex: take it off the list"


def test_the_measure_sees_a_circle_a_type_only_one_and_a_hidden_one(tmp_path):
    package = tmp_path / "house_of_cards"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "a.py").write_text("from house_of_cards import b\n")
    (package / "b.py").write_text("def f():\n    from house_of_cards.c import x\n")
    (package / "c.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house_of_cards.a import y\n"
    )
    (package / "d.py").write_text("from house_of_cards import a\n")
    names = ["house_of_cards.a", "house_of_cards.b", "house_of_cards.c"]
    assert house.circles(house.import_graph(package)) == [names]
