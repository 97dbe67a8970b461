"""Invariants in FHIRPath, evaluated at an element.

Compiled on first use and kept per expression. An expression that cannot be compiled, or that fails on a
document, is a defect of the package: it is reported once per document as ``fhir-invariant-not-checked``
(never as an error, never as a crash).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from harness.core.text import Text
from harness.fhir.fhirpath.errors import FHIRPathError
from harness.fhir.profiles.facts import InvariantFact
from harness.fhir.validation.run import Place, Run, render

if TYPE_CHECKING:
    from harness.fhir.validation.engine import Engine
    from harness.fhir.validation.shapes import Check


class Invariants:
    """Compiled invariants of one engine."""

    def __init__(self, engine: Engine, dialect: str) -> None:
        self.engine = engine
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
        compiled: Any = None
        broken: FHIRPathError | None = None
        severity = "error" if fact.severity == "error" else "warning"

        def check(value: Any, place: Place, run: Run) -> None:
            nonlocal compiled, broken
            if broken is None and compiled is None:
                if not fact.expression:
                    return
                from harness.fhir import fhirpath  # late: a resource without such rules needs no engine

                try:
                    compiled = fhirpath.compile(
                        fact.expression, model=self.engine.model, dialect=cast(Any, self.dialect)
                    )
                except FHIRPathError as error:
                    broken = error
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
        run: Run, place: Place, key: str, severity: Any, expression: str, human: str, value: Any
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
