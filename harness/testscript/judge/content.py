"""Criteria on the content of a body: ``expression``, ``resource``, ``validateProfileId``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.core.issues import shorten
from harness.core.text import Text
from harness.core.verdicts import Blame, Verdict
from harness.fhir.fhirpath import FHIRPathError, FHIRPathUnsupportedError
from harness.testscript.judge.bodies import DIALECT, as_text, error_text, plain
from harness.testscript.judge.case import Case, Judgement, compare, decided, failed
from harness.testscript.judge.explain import explain

EXPRESSION_MODE = f"fhirpath:{DIALECT}"


def expression(case: Case) -> Judgement:
    """A FHIRPath expression: true on its own, or its single value compared."""
    check, body, mode = case.check, case.body, EXPRESSION_MODE
    text = case.resolve(check.subject)
    if body.resource is None:
        return failed(_short(text), case.missing, mode=mode)
    try:
        result = body.evaluate(text, case.means.now)
    except FHIRPathUnsupportedError:
        raise
    except FHIRPathError as error:
        return failed(_short(text), f"expression cannot be evaluated: {error_text(error)}", mode=mode)
    if check.operator == "notEmpty":
        return decided(bool(result), "notEmpty", f"{_short(text)} is not empty", "empty", "", mode)
    if check.value is None and check.operator == "empty":
        return decided(not result, "empty", f"{_short(text)} is empty", _shown(result), "", mode)
    if check.value is None and check.operator in ("", "equals"):
        if len(result) == 1 and plain(result[0]) is True:
            return Judgement(Verdict.PASS, mode=mode)
        found, place = explain(text, body, case.means.now)
        received = f"{_shown(result)}: {found}" if found else _shown(result)
        return failed(f"{_short(text)} is true", received, path=place or _path(result), mode=mode)
    return _compared(text, result, case.operator, case.resolve(check.value or ""))


def _compared(text: str, result: Sequence[Any], operator: str, wanted: str) -> Judgement:
    """The string form of the single value against the wanted value."""
    expected = f"{_short(text)} {operator} {wanted}"
    if not result:
        met = operator in ("notEquals", "notIn", "notContains")
        return decided(met, operator, expected, "empty", "", EXPRESSION_MODE)
    if len(result) > 1:
        received = f"{len(result)} values: {_shown(result)}"
        return failed(expected, received, path=_path(result), mode=EXPRESSION_MODE)
    actual = as_text(result[0])
    return decided(
        compare(operator, actual, wanted), operator, expected, actual, _path(result), EXPRESSION_MODE
    )


def _short(text: str) -> str:
    return shorten(text, 140)


def _shown(result: Sequence[Any]) -> str:
    if not result:
        return "empty (nothing matches)"
    return shorten(", ".join(as_text(item) for item in result[:5]) + (", …" if len(result) > 5 else ""))


def _path(result: Sequence[Any]) -> str:
    location = getattr(result[0], "location", "") if result else ""
    return location if isinstance(location, str) else ""


def resource(case: Case) -> Judgement:
    """The resource type of the body."""
    wanted, operator, body = case.resolve(case.check.subject), case.operator, case.body
    expected = f"resource type {operator} {wanted}"
    if body.resource is None:
        return failed(expected, case.missing, path="body")
    return decided(
        compare(operator, body.type, wanted), operator, expected, body.type, "resourceType", "http"
    )


def profile(case: Case) -> Judgement:
    """The body conforms to a profile that the script declares, and each resource to its ``meta.profile``."""
    canonical = case.means.script.profiles.get(case.check.subject)
    if canonical is None:
        return Judgement(
            Verdict.ERROR,
            f"profile with id {case.check.subject}",
            "the script declares no such profile",
            mode="validator",
            blame=Blame.SPECIFICATION,
        )
    expected = f"conforms to {canonical} and to each meta.profile"
    if case.body.resource is None:
        return failed(expected, case.missing, mode="validator")
    answer = case.means.profiles(case.body, canonical)
    if not answer.decided:
        return Judgement(
            Verdict.INCONCLUSIVE,
            expected,
            answer.reason.en,
            mode="validator",
            next_step=answer.reason,
            blame=Blame.HARNESS,
        )
    errors = tuple(issue for issue in answer.issues if issue.severity == "error")
    if not errors:
        return Judgement(Verdict.PASS, mode="validator")
    first = errors[0]
    received = f"{len(errors)} error(s); first: {first.path}: {first.message.en}"
    detail = "; ".join(
        f"{label} {value}"
        for label, value in (("expected", first.expected), ("received", first.received))
        if value
    )
    return Judgement(
        Verdict.FAIL,
        expected,
        shorten(f"{received} [{detail}]" if detail else received, 300),
        first.path,
        "validator",
        Text(
            nl="herstel de genoemde elementen; controleer los met `harness validate`",
            en="correct the elements named; check them apart with `harness validate`",
        ),
        Blame.PRODUCT,
        errors[:25],
    )
