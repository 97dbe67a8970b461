"""The table of dialect differences: complete, true, and the same as the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.fhir.fhirpath import FHIRPathError, Node, compile
from harness.fhir.fhirpath.dialect import HAPI_R4, HAPI_STU3, STRICT
from harness.fhir.fhirpath.differences import DIFFERENCES, EXAMPLE, flags, has, markdown
from harness.fhir.fhirpath.values.items import text_of
from harness.fhir.model.types import load_model

DIALECTS = {"STU3": (STRICT, HAPI_STU3), "R4": (STRICT, HAPI_R4)}


def test_every_switch_has_a_row() -> None:
    assert {row.flag for row in DIFFERENCES} == set(flags())
    assert not any(has(STRICT, flag) for flag in flags())


@pytest.mark.parametrize("version", DIALECTS)
@pytest.mark.parametrize("row", DIFFERENCES, ids=lambda row: row.flag)
def test_examples(row, version) -> None:
    for dialect in DIALECTS[version]:
        try:
            found = compile(row.example, model=load_model(version), dialect=dialect.name).evaluate(EXAMPLE)
            shown = "[" + ", ".join(str(text_of(i.value if isinstance(i, Node) else i)) for i in found) + "]"
        except FHIRPathError:
            shown = "error"
        assert shown == (row.hapi if has(dialect, row.flag) else row.strict), dialect.name


def test_documentation_is_the_table() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "fhirpath-dialects.md"
    assert page.read_text(encoding="utf-8") == markdown()
