"""Invariants in FHIRPath, evaluated at an element.

Compiled on first use and kept per expression. An expression that cannot be compiled, or that fails on a
document, is a defect of the package: it is reported once per document as ``fhir-invariant-not-checked``
(never as an error, never as a crash).
"""

from __future__ import annotations

from typing import Any

from harness.core.issues import Severity
from harness.core.text import Text
from harness.fhir import fhirpath
from harness.fhir.fhirpath.errors import FHIRPathError
from harness.fhir.model.types import Model
from harness.fhir.profiles.facts import InvariantFact
from harness.fhir.validation.places import Place, render
from harness.fhir.validation.run import Check, Run


class Invariants:
    """Compiled invariants for one model and FHIRPath dialect."""

    def __init__(self, model: Model, dialect: str) -> None:
        self.model = model
        self.dialect = dialect
        self._checks: dict[tuple[InvariantFact, str], Check] = {}

    def check(self, fact: InvariantFact, code: str) -> Check:
        """The check of an invariant on values of FHIR type ``code``."""
        key = (fact, code)
        found = self._checks.get(key)
        if found is None:
            found = self._checks[key] = self._make(fact, code)
        return found

    def _make(self, fact: InvariantFact, code: str) -> Check:
        compiled: fhirpath.Expression | None = None
        broken: FHIRPathError | None = None
        severity: Severity = "error" if fact.severity == "error" else "warning"

        def check(value: Any, place: Place, run: Run) -> None:
            nonlocal compiled, broken
            if compiled is None and broken is None:
                if not fact.expression:
                    return
                try:
                    compiled = fhirpath.compile(fact.expression, model=self.model, dialect=self.dialect)
                except FHIRPathError as error:
                    broken = error
            if compiled is None:
                if broken is not None:
                    self._unusable(run, place, fact, broken)
                return
            try:
                answer = run.decide(compiled, value, code, place)
            except FHIRPathError as error:
                self._unusable(run, place, fact, error)
                return
            if not answer:
                self.report(run, place, fact.key, severity, fact.expression, fact.human, value)

        return check

    @staticmethod
    def _unusable(run: Run, place: Place, fact: InvariantFact, error: FHIRPathError) -> None:
        run.once(
            "fhir-invariant-not-checked",
            fact.key,
            place,
            severity="not-checked",
            name=fact.key,
            expected=fact.expression,
            received=f"{error} ({render(place)})",
        )

    @staticmethod
    def report(
        run: Run, place: Place, key: str, severity: Severity, expression: str, human: str, value: Any
    ) -> None:
        """Records a broken invariant; its key is the rule id."""
        message = Text(
            nl=f"regel {key} is geschonden" + (f": {human}" if human else ""),
            en=f"rule {key} is broken" + (f": {human}" if human else ""),
        )
        run.add(
            key or "fhir-invariant",
            place,
            severity=severity,
            message=message,
            expected=expression,
            received=value,
        )
