"""A sample of the bench of foreign behaviour (whole: ``benchmarks/foreign_behaviour``): nothing else is said of a style
than its row says.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.core.verdicts import Verdict
from harness.judge.catalogue import load_catalogue

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))

from foreign_behaviour.clients import STYLES as CLIENTS
from foreign_behaviour.rows import REFERENCE, beside, rows
from foreign_behaviour.servers.named import STYLES as SERVERS
from foreign_behaviour.site import driven, standing

FLOWS = ("collect", "again")
SAMPLE = ("chunked", "expires-as-text", "paged-from-base", "remembers-consent")
ROWS = {row.name: row for row in rows()}


def said(name: str, folder: Path) -> dict[str, str]:
    folder.mkdir()
    with standing(SERVERS[name](), folder) as network:
        return driven(network, FLOWS)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return said(REFERENCE, tmp_path_factory.mktemp("reference") / "run")


@pytest.mark.parametrize("name", SAMPLE)
def test_a_style_gets_the_verdict_of_its_row(name: str, reference: dict[str, str], tmp_path: Path) -> None:
    assert beside(reference, said(name, tmp_path / "run")) == dict(ROWS[name].expect)


def test_the_reference_is_accused_of_nothing(reference: dict[str, str]) -> None:
    assert not {name: found for name, found in reference.items() if found in ("fail", "warning", "error")}


def test_every_row_has_a_stub_and_a_complete_verdict() -> None:
    assert {row.name for row in rows()} == {*SERVERS, *CLIENTS} and len(ROWS) >= 25
    known = load_catalogue()
    for row in rows():
        assert row.does and row.reason
        assert all(name in known and Verdict(verdict) for name, verdict in row.expect.items()), row.name
