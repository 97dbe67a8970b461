"""Measure the house: ``python scripts/house.py [--json] [FOLDER]`` (default ``harness``).

Modules per folder, circles between modules (imports for types count too), lines per module, complexity per
function (ruff's C901). ``tests/test_architecture.py`` asks for these limits; this prints the numbers.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MODULES_PER_FOLDER = 12
LINES_PER_MODULE = 450
COMPLEXITY = 15


@dataclass(frozen=True)
class Complex:
    """One function over the limit: ``place`` is ``module.py::name``."""

    place: str
    value: int


def modules(package: Path) -> dict[str, Path]:
    """Dotted name → file of every module below a package folder; a package goes by the name of its folder."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> set[str]:
    """Modules of ``known`` that a file imports, also inside functions and type-only blocks."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {item.name for item in node.names if item.name in known}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for item in node.names:
                below = f"{node.module}.{item.name}"
                found |= {below} if below in known else {node.module} & known.keys()
    return found


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules that reach each other (strongly connected components of more than one), sorted."""
    reach: dict[str, set[str]] = {}
    for start in graph:
        seen: set[str] = set()
        todo = list(graph[start])
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo += graph.get(name, ())
        reach[start] = seen
    groups = {
        tuple(sorted({start} | {name for name in reach[start] if start in reach.get(name, ())}))
        for start in graph
        if start in reach[start]
    }
    return sorted(list(group) for group in groups if len(group) > 1)


def import_graph(package: Path) -> dict[str, set[str]]:
    """Module → modules of the same package that it imports."""
    known = modules(package)
    return {name: imports(path, known) - {name} for name, path in known.items()}


def folders(package: Path) -> Counter[str]:
    """Modules per folder, ``__init__`` not counted."""
    paths = (path for path in package.rglob("*.py") if path.name not in ("__init__.py", "__main__.py"))
    return Counter(path.parent.relative_to(package.parent).as_posix() for path in paths)


def lines(package: Path) -> dict[str, int]:
    """Lines per module."""
    return {
        path.relative_to(package.parent).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in sorted(package.rglob("*.py"))
    }


def complex_functions(package: Path, limit: int = COMPLEXITY) -> Iterator[Complex]:
    """Functions over the limit of cyclomatic complexity."""
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "C901", "--exit-zero"]
    command += ["--config", f"lint.mccabe.max-complexity={limit}", "--output-format", "json", str(package)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for item in json.loads(done.stdout):
        name, value = re.match(r"`(\S+)` is too complex \((\d+)", item["message"]).groups()  # type: ignore[union-attr]
        path = Path(item["filename"]).resolve().relative_to(package.resolve().parent)
        yield Complex(f"{path.as_posix()}::{name}", int(value))


def measure(package: Path) -> dict[str, object]:
    """Everything that this page measures, as plain data."""
    sizes = lines(package)
    type_only = sum(
        path.read_text(encoding="utf-8").count("if TYPE_CHECKING") for path in modules(package).values()
    )
    return {
        "modules": len(sizes),
        "folders over the limit": {k: n for k, n in folders(package).items() if n > MODULES_PER_FOLDER},
        "largest folder": max(folders(package).values()),
        "circles": circles(import_graph(package)),
        "if TYPE_CHECKING": type_only,
        "modules over the limit": {k: n for k, n in sizes.items() if n > LINES_PER_MODULE},
        "largest module": max(sizes.values()),
        "median module": sorted(sizes.values())[len(sizes) // 2],
        "functions over the limit": {item.place: item.value for item in complex_functions(package)},
    }


def main(arguments: list[str]) -> int:
    """Print the measure."""
    words = [item for item in arguments if item != "--json"]
    found = measure(Path(words[0]) if words else Path(__file__).resolve().parent.parent / "harness")
    if "--json" in arguments:
        print(json.dumps(found, indent=1))
        return 0
    for name, value in found.items():
        if isinstance(value, dict | list):
            print(f"{name}: {len(value)}")
            for item in value.items() if isinstance(value, dict) else value:
                print("   ", *item)
        else:
            print(f"{name}: {value}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
