"""Judges one assert on a recorded exchange. Pure: no network, no clock, no randomness.

Semantics: testscript sheet, section 6. A judgement is ``pass`` or ``fail`` (turned into ``warning`` for
``warningOnly``), ``inconclusive`` where the harness cannot decide, or ``error`` where the script asks for
something the engine does not support or cannot evaluate; an error is never a pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.core.errors import HarnessError
from harness.core.text import Text
from harness.core.verdicts import Blame, Verdict
from harness.fhir.fhirpath import FHIRPathSyntaxError
from harness.testscript.judge import content, messages
from harness.testscript.judge.bodies import Body, error_text
from harness.testscript.judge.case import (
    Case,
    Evidence,
    Judgement,
    ProfileCheck,
    Resolve,
    failed,
    unsupported,
)
from harness.testscript.judge.rules import RuleInput, find_rule
from harness.testscript.read.model import Assert, TestScript


def judge_assert(
    check: Assert,
    evidence: Evidence | None,
    script: TestScript,
    resolve: Resolve,
    profiles: ProfileCheck,
    bodies: Mapping[str, Body],
) -> Judgement:
    """Judge one assert.

    :param evidence: the last completed operation; ``None`` when there was none yet.
    :param resolve: fills in placeholders; its errors become an ``error`` judgement.
    :param profiles: checks ``validateProfileId``.
    :param bodies: stored responses by name, for rules.
    """
    odd = check.unsupported or (() if check.criterion else ("assert without criterion",))
    if odd:
        return unsupported("; ".join(odd))
    if check.direction not in ("request", "response"):
        return unsupported(f"direction {check.direction}")
    if evidence is None:
        return Judgement(
            Verdict.ERROR,
            "an operation before the assert",
            "no operation was executed yet",
            blame=Blame.SPECIFICATION,
            mode="engine",
        )
    try:
        return _CRITERIA[check.criterion](Case(check, evidence, script, resolve, profiles, bodies))
    except FHIRPathSyntaxError as error:
        return Judgement(
            Verdict.ERROR,
            error.expected,
            error_text(error),
            blame=Blame.SPECIFICATION,
            mode=content.EXPRESSION_MODE,
            next_step=Text(
                nl="de expressie in het script is ongeldig; meld dit bij de uitgever van het script",
                en="the expression in the script is invalid; report it to the publisher of the script",
            ),
        )
    except HarnessError as error:
        return Judgement(
            Verdict.ERROR, error.expected, error_text(error), blame=Blame.CONFIGURATION, mode="engine"
        )


def _rule(case: Case) -> Judgement:
    """One of the official rules, by its id or its file."""
    used = case.check.rule
    if used is None:
        return unsupported("assert without criterion")
    declared = case.script.rules.get(used.rule_id)
    rule = find_rule(used.rule_id, declared or "")
    if rule is None:
        return unsupported(f"rule {used.rule_id} ({declared or 'not declared'})")
    mode = f"rule:{used.rule_id}"
    if case.evidence.response is None:
        return failed(case.check.description or mode, case.evidence.missing("response"), mode=mode)
    parameters = {name: case.resolve(value) for name, value in used.parameters}
    result = rule(RuleInput(case.evidence.request.url, case.evidence.response_body, parameters, case.bodies))
    if result.ok:
        return Judgement(Verdict.PASS, mode=mode, fixtures=result.fixtures)
    return failed(result.expected, result.received, path=result.path, mode=mode)


_CRITERIA: dict[str, Callable[[Case], Judgement]] = {
    "expression": content.expression,
    "responseCode": messages.response_code,
    "resource": content.resource,
    "validateProfileId": content.profile,
    "headerField": messages.header_field,
    "requestURL": messages.request_url,
    "queryParameter": messages.query_parameter,
    "rule": _rule,
}
