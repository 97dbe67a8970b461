"""Judges one assert on a recorded exchange. Pure: no network, no clock, no randomness.

Semantics: testscript sheet, section 6. A judgement is ``pass`` or ``fail`` (turned into ``warning`` for
``warningOnly``), ``inconclusive`` where the harness cannot decide, or ``error`` where the script asks for
something the engine does not support or cannot evaluate; an error is never a pass.
"""

from __future__ import annotations

from collections.abc import Callable

from harness.core.errors import HarnessError
from harness.core.text import joined
from harness.core.verdicts import Blame, Verdict
from harness.fhir.fhirpath import FHIRPathError, FHIRPathUnsupportedError
from harness.testscript.judge import content, messages
from harness.testscript.judge.bodies import error_text
from harness.testscript.judge.case import Case, Evidence, Judgement, Means, failed, unsupported
from harness.testscript.judge.rules import RuleInput, find_rule
from harness.testscript.phrases import (
    BEFORE_ASSERT,
    DIRECTION,
    NO_CRITERION,
    NO_OPERATION,
    NOT_DECLARED,
    RULE,
)
from harness.testscript.read.errors import InputNeeded, NoValue, PlaceholderError, ScriptError
from harness.testscript.read.model import Assert


def judge_assert(check: Assert, evidence: Evidence | None, means: Means) -> Judgement:
    """Judge one assert.

    :param evidence: the last completed operation; ``None`` when there was none yet.
    """
    odd = check.unsupported or (() if check.criterion else (NO_CRITERION,))
    if odd:
        return unsupported(joined(*odd, separator="; "))
    if check.direction not in ("request", "response"):
        return unsupported(DIRECTION.format(name=check.direction))
    if evidence is None:
        return Judgement(
            Verdict.ERROR,
            BEFORE_ASSERT,
            NO_OPERATION,
            blame=Blame.SPECIFICATION,
            mode="engine",
        )
    try:
        return _CRITERIA[check.criterion](Case(check, evidence, means))
    except HarnessError as error:
        verdict, blame = meaning_of(error)
        mode = content.EXPRESSION_MODE if check.criterion == "expression" else "engine"
        return Judgement(
            verdict, error.wanted, error_text(error), mode=mode, next_step=error.next_step, blame=blame
        )


def meaning_of(error: HarnessError) -> tuple[Verdict, Blame | None]:
    """What an error that stands in the way of an action means; never a failure of the product."""
    match error:
        case ScriptError():
            return Verdict.ERROR, Blame.SPECIFICATION
        case InputNeeded():
            return Verdict.INCONCLUSIVE, Blame.CONFIGURATION
        case NoValue():
            return Verdict.INCONCLUSIVE, None
        case PlaceholderError():
            return Verdict.ERROR, Blame.CONFIGURATION
        case FHIRPathError() if not isinstance(error, FHIRPathUnsupportedError):
            return Verdict.INCONCLUSIVE, None  # a variable on a response that has other content than expected
    return Verdict.ERROR, Blame.HARNESS


def _rule(case: Case) -> Judgement:
    """One of the official rules, by its id or its file."""
    used = case.check.rule
    if used is None:
        return unsupported(NO_CRITERION)
    declared = case.means.script.rules.get(used.rule_id)
    rule = find_rule(used.rule_id, declared or "")
    if rule is None:
        return unsupported(RULE.format(name=used.rule_id, path=declared or NOT_DECLARED))
    mode = f"rule:{used.rule_id}"
    if case.evidence.response is None:
        return failed(case.check.description or mode, case.evidence.missing("response"), mode=mode)
    parameters = {name: case.resolve(value) for name, value in used.parameters}
    result = rule(
        RuleInput(case.evidence.request.url, case.evidence.response_body, parameters, case.means.bodies)
    )
    if result.ok:
        return Judgement(Verdict.PASS, mode=mode, fixtures=result.fixtures)
    return failed(result.expected, result.received, path=result.path, mode=mode)


_CRITERIA: dict[str, Callable[[Case], Judgement]] = {
    "expression": content.expression,
    "path": content.path,
    "minimumId": content.minimum,
    "navigationLinks": content.navigation_links,
    "contentType": messages.content_type,
    "requestMethod": messages.request_method,
    "responseCode": messages.response_code,
    "resource": content.resource,
    "validateProfileId": content.profile,
    "headerField": messages.header_field,
    "requestURL": messages.request_url,
    "queryParameter": messages.query_parameter,
    "variable": messages.variable,
    "manual": messages.manual,
    "rule": _rule,
}
