"""The official corpus: same verdict, and every fail file rejected by a rule that its topic accepts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.pdfa import check

TOPICS: dict[str, dict[str, list[str]]] = json.loads((Path(__file__).parent / "topics.json").read_text())


@pytest.mark.official
@pytest.mark.parametrize("flavour", ["1b", "1a", "2b", "2u", "2a", "3b"])
def test_corpus(flavour: str, material: Path) -> None:
    files = sorted((material / "verapdf-corpus" / f"PDF_A-{flavour}").rglob("*.pdf"))
    assert files
    wrong: list[str] = []
    for path in files:
        report = check(path, flavour)
        topic = path.name.split("test suite ")[-1].split("-pass-")[0].split("-fail-")[0]
        if "-pass-" in path.name:
            if report.outcome != "valid":
                wrong.append(f"{path.name}: {report.outcome} {report.rules}")
        elif report.outcome != "invalid" or not set(report.rules) & set(TOPICS[flavour][topic]):
            wrong.append(f"{path.name}: {report.outcome} {report.rules}, accepted {TOPICS[flavour][topic]}")
    assert wrong == []
