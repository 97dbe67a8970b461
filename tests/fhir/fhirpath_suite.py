"""Reads and runs the official FHIRPath tests for R4; shared by the test and the benchmark."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from harness.fhir.codec import documents as codec
from harness.fhir.fhirpath import DocumentContext, FHIRPathError, Node, Services, compile
from harness.fhir.fhirpath.types import type_of
from harness.fhir.fhirpath.values.items import plain, text_of
from harness.fhir.model.types import load_model

NOW = datetime(2026, 1, 15, 12, 30, 5, 250000, tzinfo=UTC)
SUITE = "tests-fhir-r4.xml"


@dataclass(frozen=True)
class Case:
    """One official test."""

    group: str
    name: str
    expression: str
    inputfile: str
    invalid: str
    predicate: bool
    ordered: bool
    outputs: tuple[tuple[str, str], ...]


def read(folder: Path) -> list[Case]:
    """All tests of the suite in ``folder``."""
    root = ElementTree.parse(folder / SUITE).getroot()
    cases: list[Case] = []
    for group in root.iter("group"):
        for test in group.iter("test"):
            expression = test.find("expression")
            assert expression is not None
            outputs = tuple((o.get("type") or "", o.text or "") for o in test.findall("output"))
            cases.append(
                Case(
                    group.get("name") or "", test.get("name") or "", expression.text or "",
                    test.get("inputfile") or "",
                    expression.get("invalid") or test.get("invalid") or "", test.get("predicate") == "true",
                    test.get("ordered") != "false", outputs,
                )
            )  # fmt: skip
    return cases


class Runner:
    """Runs cases in one dialect."""

    def __init__(self, folder: Path, dialect: str) -> None:
        self.folder = folder
        self.dialect = dialect
        self.model = load_model("R4")
        self._documents: dict[str, DocumentContext] = {}

    def document(self, name: str) -> DocumentContext:
        """The parsed input file; an empty resource for tests without one."""
        if name not in self._documents:
            resource: Any = {}
            if name:
                resource = codec.parse((self.folder / name).read_bytes(), model=self.model).resource
            self._documents[name] = DocumentContext(resource, model=self.model)
        return self._documents[name]

    def run(self, case: Case) -> str:
        """``""`` when the case passes, else what is wrong."""
        try:
            expression = compile(case.expression, model=self.model, dialect=self.dialect)
            document = self.document(case.inputfile)
            found = expression.evaluate(document, now=NOW, services=Services())
        except FHIRPathError as error:
            return "" if case.invalid else f"raised {error.message.en} {error.received}"
        if case.invalid:
            return f"should be {case.invalid}, gave {found}"
        if case.predicate:
            return "" if bool(found) == (case.outputs[0][1] == "true") else f"predicate gave {found}"
        shown = [shape(item) for item in found]
        wanted = list(case.outputs)
        if not case.ordered:
            shown.sort(key=lambda pair: pair[1])
            wanted.sort(key=lambda pair: pair[1])
        if len(shown) != len(wanted):
            return f"expected {wanted}, gave {shown}"
        for (kind, text), (want_kind, want) in zip(shown, wanted, strict=True):
            if want_kind and want_kind.lower() != kind.lower():
                return f"expected type {want_kind}, gave {kind} ({text})"
            if text != want.removeprefix("@").removeprefix("T") and not same_number(text, want):
                return f"expected {want}, gave {text}"
        return ""


def same_number(a: str, b: str) -> bool:
    """Whether two texts are the same number."""
    try:
        return Decimal(a) == Decimal(b)
    except ArithmeticError:
        return False


def shape(item: Any) -> tuple[str, str]:
    """Type and text of a result, as the suite writes them."""
    raw = item.raw if isinstance(item, Node) else item
    value = plain(raw)
    return type_of(raw).name, text_of(value) if text_of(value) is not None else str(value)  # type: ignore[return-value]
