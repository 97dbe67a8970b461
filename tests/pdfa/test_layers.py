"""The layers of the room: bytes to objects knows no facts, facts know no rules, and nothing below knows the checking."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import harness.pdfa

ROOM = Path(harness.pdfa.__file__).parent
ABOVE = {
    "file": ("facts", "rules", "model", "checking", "worker", "engines"),
    "facts": ("rules", "checking", "worker", "engines"),
    "rules": ("checking", "worker", "engines"),
}


@pytest.mark.parametrize("layer", ABOVE)
def test_no_layer_knows_what_is_above_it(layer: str) -> None:
    wrong = [
        f"{path.relative_to(ROOM)}: {node.module}"
        for path in sorted((ROOM / layer).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module
        if any(f"{node.module}.".startswith(f"harness.pdfa.{name}.") for name in ABOVE[layer])
        or node.module == "harness.pdfa"
    ]
    assert wrong == []
