"""Invariants in FHIRPath, evaluated at an element.

The normative dialect decides. Where it says neither true nor false (an empty result, as ``{}.not()`` gives,
or an expression that STU3 wrote before the dialect was normative) the reading of HAPI's engine does: a rule
is not broken because its text is silent. Compiled on first use and kept per expression. What cannot be
evaluated in either is a defect of the package: reported once per document as ``fhir-invariant-not-checked``
(never as an error, never as a crash).
"""

from __future__ import annotations

from typing import Any

from harness.core.issues import Severity
from harness.core.text import Text, joined
from harness.fhir import fhirpath
from harness.fhir.fhirpath.errors import FHIRPathError
from harness.fhir.model.types import Model
from harness.fhir.profiles.facts import InvariantFact
from harness.fhir.validation.places import Place, render
from harness.fhir.validation.run import Check, Run


class _Reading:
    """One expression in one dialect, compiled when it is first asked."""

    __slots__ = ("_broken", "_compiled", "dialect", "model", "text")

    def __init__(self, text: str, model: Model, dialect: str) -> None:
        self.text = text
        self.model = model
        self.dialect = dialect
        self._compiled: fhirpath.Expression | None = None
        self._broken: FHIRPathError | None = None

    def expression(self) -> fhirpath.Expression:
        """The compiled expression.

        :raises FHIRPathError: when it is none, each time.
        """
        if self._broken is not None:
            raise self._broken
        if self._compiled is None:
            try:
                self._compiled = fhirpath.compile(self.text, model=self.model, dialect=self.dialect)
            except FHIRPathError as error:
                self._broken = error
                raise
        return self._compiled


class Invariants:
    """Compiled invariants for one model.

    :param dialect: the FHIRPath dialect that decides.
    """

    def __init__(self, model: Model, dialect: str) -> None:
        self.model = model
        self.dialects = tuple(dict.fromkeys((dialect, "hapi")))
        self._checks: dict[tuple[InvariantFact, str], Check] = {}

    def check(self, fact: InvariantFact, code: str) -> Check:
        """The check of an invariant on values of FHIR type ``code``."""
        key = (fact, code)
        found = self._checks.get(key)
        if found is None:
            found = self._checks[key] = self._make(fact, code)
        return found

    def _make(self, fact: InvariantFact, code: str) -> Check:
        severity: Severity = "error" if fact.severity == "error" else "warning"
        readings = [_Reading(fact.expression, self.model, dialect) for dialect in self.dialects]

        def check(value: Any, place: Place, run: Run) -> None:
            if not fact.expression:
                return
            answer: bool | None = None
            problem: FHIRPathError | None = None
            for reading in readings:
                try:
                    expression = reading.expression()
                    answer = expression.settled(value, code) if type(value) is dict else None
                    if answer is None:
                        answer = run.decide(expression, value, code, place)
                except FHIRPathError as error:
                    problem = error
                if answer is not None:
                    break
            if answer is None:
                if problem is not None:
                    self._unusable(run, place, fact, problem)
            elif not answer:
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
            received=joined(error.block, f"({render(place)})", separator=" "),
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
