"""Judges one assert on a recorded exchange. Pure: no network, no clock, no randomness.

Semantics: testscript sheet, section 6. A judgement is ``pass`` or ``fail`` (turned into ``warning`` for
``warningOnly``), ``inconclusive`` where the harness cannot decide, or ``error`` where the script asks for
something the engine does not support or cannot evaluate; an error is never a pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

from harness.core.errors import HarnessError
from harness.core.issues import Issue, shorten
from harness.core.run.exchanges import Request, Response, header, header_values
from harness.core.text import Text
from harness.core.verdicts import Blame, Verdict
from harness.fhir.fhirpath import FHIRPathSyntaxError
from harness.testscript.judge.bodies import Body, as_text, error_text, plain
from harness.testscript.judge.explain import explain
from harness.testscript.judge.rules import RuleInput, find_rule, pairs
from harness.testscript.read.model import Assert, TestScript

Resolve = Callable[[str], str]
NOTHING = Text(nl="", en="")


@dataclass(frozen=True)
class Evidence:
    """The exchange that an assert looks at.

    :ivar response: ``None`` when there was none; ``error`` says why.
    """

    number: int
    request: Request
    request_body: Body
    response: Response | None
    response_body: Body
    error: str = ""

    def body(self, direction: str) -> Body:
        """The body that ``direction`` points at."""
        return self.request_body if direction == "request" else self.response_body


@dataclass(frozen=True)
class ProfileAnswer:
    """What the validator says about a body.

    :ivar decided: whether it could look at all; ``reason`` when not.
    """

    decided: bool
    issues: tuple[Issue, ...] = ()
    reason: Text = NOTHING


ProfileCheck = Callable[[Body, str], ProfileAnswer]
"""(body, canonical of the profile that the script names) -> answer."""


def no_validator(body: Body, canonical: str) -> ProfileAnswer:
    """The check of a harness without validator: never decides."""
    return ProfileAnswer(
        False,
        reason=Text(nl="er is geen profielvalidator beschikbaar", en="no profile validator is available"),
    )


@dataclass(frozen=True)
class Judgement:
    """What came out of one assert, before ``warningOnly``.

    :ivar fixtures: resources made by a rule, by fixture id, with their format.
    """

    verdict: Verdict
    expected: str = ""
    received: str = ""
    path: str = ""
    mode: str = ""
    next_step: Text = NOTHING
    blame: Blame | None = None
    issues: tuple[Issue, ...] = ()
    fixtures: dict[str, tuple[dict[str, Any], str]] = field(default_factory=dict)


PASS = Judgement(Verdict.PASS)

_CHECK_BODY = Text(
    nl="kijk in de vastgelegde uitwisseling naar het genoemde element",
    en="look at the element in the recorded exchange",
)


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
    unsupported = check.unsupported or (() if check.criterion else ("assert without criterion",))
    if unsupported:
        return _unsupported("; ".join(unsupported))
    if check.direction not in ("request", "response"):
        return _unsupported(f"direction {check.direction}")
    if evidence is None:
        return Judgement(
            Verdict.ERROR,
            "an operation before the assert",
            "no operation was executed yet",
            blame=Blame.SPECIFICATION,
            mode="engine",
        )
    try:
        return _CRITERIA[check.criterion](check, evidence, script, resolve, profiles, bodies)
    except FHIRPathSyntaxError as error:
        return Judgement(
            Verdict.ERROR,
            error.expected,
            error_text(error),
            blame=Blame.SPECIFICATION,
            mode="fhirpath:hapi",
            next_step=Text(
                nl="de expressie in het script is ongeldig; meld dit bij de uitgever van het script",
                en="the expression in the script is invalid; report it to the publisher of the script",
            ),
        )
    except HarnessError as error:
        return Judgement(
            Verdict.ERROR, error.expected, error_text(error), blame=Blame.CONFIGURATION, mode="engine"
        )


def _unsupported(feature: str) -> Judgement:
    return Judgement(
        Verdict.ERROR,
        "a feature that the engine supports",
        f"unsupported feature: {feature}",
        mode="engine",
        blame=Blame.HARNESS,
        next_step=Text(
            nl="dit onderdeel van het script wordt niet ondersteund",
            en="this feature of the script is not supported",
        ),
    )


def _compare(operator: str, actual: str, wanted: str) -> bool | None:
    """Whether a value meets operator and wanted value; ``None`` for an operator that does not exist."""
    options = [part.strip() for part in wanted.split(",")]
    match operator or "equals":
        case "equals":
            return actual == wanted
        case "notEquals":
            return actual != wanted
        case "in":
            return actual in options
        case "notIn":
            return actual not in options
        case "empty":
            return actual == ""
        case "notEmpty":
            return actual != ""
        case "contains":
            return wanted in actual
        case "notContains":
            return wanted not in actual
        case "greaterThan" | "lessThan":
            try:
                left, right = float(actual), float(wanted)
            except ValueError:
                left, right = 0.0, 0.0
                return actual > wanted if operator == "greaterThan" else actual < wanted
            return left > right if operator == "greaterThan" else left < right
    return None


def _fail(
    expected: str, received: str, *, path: str = "", mode: str = "http", step: Text = _CHECK_BODY
) -> Judgement:
    return Judgement(
        Verdict.FAIL, shorten(expected), shorten(received), path, mode, step, blame=Blame.PRODUCT
    )


def _verdict(
    met: bool | None, operator: str, expected: str, received: str, path: str, mode: str
) -> Judgement:
    if met is None:
        return _unsupported(f"operator {operator}")
    if met:
        return Judgement(Verdict.PASS, mode=mode)
    return _fail(expected, received, path=path, mode=mode)


# -- criteria -----


def _missing(evidence: Evidence, direction: str) -> str:
    """Why there is no resource to look at."""
    if direction == "response" and evidence.response is None:
        return f"no response: {evidence.error or 'connection failed'}"
    body = evidence.body(direction)
    if direction == "response" and evidence.response is not None and body.problem:
        return f"HTTP {evidence.response.status}, {body.problem}"
    return body.problem


def _expression(
    check: Assert,
    evidence: Evidence,
    script: TestScript,
    resolve: Resolve,
    profiles: ProfileCheck,
    bodies: Mapping[str, Body],
) -> Judgement:
    expression = resolve(check.subject)
    body = evidence.body(check.direction)
    mode = "fhirpath:hapi"
    if body.resource is None:
        return _fail(_short(expression), _missing(evidence, check.direction), mode=mode)
    try:
        result = body.evaluate(expression)
    except FHIRPathSyntaxError:
        raise
    except HarnessError as error:
        return _fail(_short(expression), f"expression cannot be evaluated: {error_text(error)}", mode=mode)
    if check.operator == "notEmpty":
        return PASS if result else _fail(f"{_short(expression)} is not empty", "empty", mode=mode)
    if check.value is None and check.operator == "empty":
        return _verdict(not result, "empty", f"{_short(expression)} is empty", _shown(result), "", mode)
    if check.value is None and check.operator in ("", "equals"):
        if len(result) == 1 and plain(result[0]) is True:
            return Judgement(Verdict.PASS, mode=mode)
        found, place = explain(expression, body)
        received = f"{_shown(result)}: {found}" if found else _shown(result)
        return _fail(f"{_short(expression)} is true", received, path=place or _path(result), mode=mode)
    wanted = resolve(check.value or "")
    operator = check.operator or "equals"
    expected = f"{_short(expression)} {operator} {wanted}"
    if not result:
        return _verdict(
            operator in ("notEquals", "notIn", "notContains"), operator, expected, "empty", "", mode
        )
    if len(result) > 1:
        return _fail(expected, f"{len(result)} values: {_shown(result)}", path=_path(result), mode=mode)
    actual = as_text(result[0])
    return _verdict(_compare(operator, actual, wanted), operator, expected, actual, _path(result), mode)


def _short(expression: str) -> str:
    return shorten(expression, 140)


def _shown(result: Sequence[Any]) -> str:
    if not result:
        return "empty (nothing matches)"
    return shorten(", ".join(as_text(item) for item in result[:5]) + (", …" if len(result) > 5 else ""))


def _path(result: Sequence[Any]) -> str:
    location = getattr(result[0], "location", "") if result else ""
    return location if isinstance(location, str) else ""


def _response_code(
    check: Assert,
    evidence: Evidence,
    script: TestScript,
    resolve: Resolve,
    profiles: ProfileCheck,
    bodies: Mapping[str, Body],
) -> Judgement:
    wanted = resolve(check.subject)
    operator = check.operator or "equals"
    expected = f"HTTP status {operator} {wanted}"
    if evidence.response is None:
        return _fail(expected, _missing(evidence, "response"), path="status")
    status = evidence.response.status
    received = f"HTTP {status}"
    if 300 <= status < 400:
        location = header(evidence.response.headers, "location")
        received += f" redirect to {location}" if location else " redirect"
    elif status >= 400:
        detail = _outcome_text(evidence.response_body) or evidence.response_body.problem
        received += f": {detail}" if detail else ""
    return _verdict(_compare(operator, str(status), wanted), operator, expected, received, "status", "http")


def _outcome_text(body: Body) -> str:
    if body.type != "OperationOutcome" or body.resource is None:
        return ""
    issues = body.resource.get("issue", [])
    first = issues[0] if isinstance(issues, list) and issues and isinstance(issues[0], dict) else {}
    details = first.get("details")
    text = (
        first.get("diagnostics")
        or (details.get("text") if isinstance(details, dict) else "")
        or first.get("code")
    )
    return shorten(text or "", 120)


def _resource(
    check: Assert,
    evidence: Evidence,
    script: TestScript,
    resolve: Resolve,
    profiles: ProfileCheck,
    bodies: Mapping[str, Body],
) -> Judgement:
    wanted = resolve(check.subject)
    operator = check.operator or "equals"
    body = evidence.body(check.direction)
    expected = f"resource type {operator} {wanted}"
    if body.resource is None:
        return _fail(expected, _missing(evidence, check.direction), path="body")
    return _verdict(
        _compare(operator, body.type, wanted), operator, expected, body.type, "resourceType", "http"
    )


def _profile(
    check: Assert,
    evidence: Evidence,
    script: TestScript,
    resolve: Resolve,
    profiles: ProfileCheck,
    bodies: Mapping[str, Body],
) -> Judgement:
    canonical = script.profiles.get(check.subject)
    if canonical is None:
        return Judgement(
            Verdict.ERROR,
            f"profile with id {check.subject}",
            "the script declares no such profile",
            mode="validator",
            blame=Blame.SPECIFICATION,
        )
    body = evidence.body(check.direction)
    expected = f"conforms to {canonical} and to each meta.profile"
    if body.resource is None:
        return _fail(expected, _missing(evidence, check.direction), mode="validator")
    answer = profiles(body, canonical)
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


def _header(
    check: Assert,
    evidence: Evidence,
    script: TestScript,
    resolve: Resolve,
    profiles: ProfileCheck,
    bodies: Mapping[str, Body],
) -> Judgement:
    name = resolve(check.subject)
    operator = check.operator or "equals"
    wanted = resolve(check.value or "")
    if check.direction == "request":
        found = header_values(evidence.request.headers, name)
    elif evidence.response is None:
        return _fail(
            f"header {name} {operator} {wanted}", _missing(evidence, "response"), path=f"header {name}"
        )
    else:
        found = header_values(evidence.response.headers, name)
    actual = ", ".join(found)
    expected = f"header {name} {operator} {wanted}".rstrip()
    if name.lower() == "content-type" and operator in ("equals", "notEquals", "in", "notIn"):
        actual, wanted = _media(actual), ",".join(_media(part) for part in wanted.split(","))
    received = f"{name}: {actual}" if found else f"header {name} is absent"
    return _verdict(
        _compare(operator, actual, wanted), operator, expected, received, f"header {name}", "http"
    )


def _media(text: str) -> str:
    return text.split(";", 1)[0].strip().lower()


def _request_url(
    check: Assert,
    evidence: Evidence,
    script: TestScript,
    resolve: Resolve,
    profiles: ProfileCheck,
    bodies: Mapping[str, Body],
) -> Judgement:
    wanted = resolve(check.subject)
    operator = check.operator or "equals"
    url = unquote_plus(evidence.request.url)
    expected = f"request URL {operator} {wanted}"
    return _verdict(_compare(operator, url, wanted), operator, expected, url, "request URL", "http")


def _query_parameter(
    check: Assert,
    evidence: Evidence,
    script: TestScript,
    resolve: Resolve,
    profiles: ProfileCheck,
    bodies: Mapping[str, Body],
) -> Judgement:
    name = resolve(check.subject)
    operator = check.operator or "equals"
    wanted = resolve(check.value or "")
    found = [value for key, value in pairs(evidence.request.url) if key == name]
    expected = f"request parameter {name} {operator} {wanted}"
    if operator in ("notIn", "notEquals", "notContains"):
        outcomes = [_compare(operator, value, wanted) for value in found]
        met = None if None in outcomes else all(outcomes)
    else:
        outcomes = [_compare(operator, value, wanted) for value in found] or [_compare(operator, "", wanted)]
        met = None if None in outcomes else bool(found) and any(outcomes)
    received = ", ".join(found) if found else f"parameter {name} is absent"
    return _verdict(met, operator, expected, received, f"parameter {name}", "http")


def _rule(
    check: Assert,
    evidence: Evidence,
    script: TestScript,
    resolve: Resolve,
    profiles: ProfileCheck,
    bodies: Mapping[str, Body],
) -> Judgement:
    assert check.rule is not None
    rule = find_rule(check.rule.rule_id, script.rules.get(check.rule.rule_id, ""))
    if rule is None:
        return _unsupported(
            f"rule {check.rule.rule_id} ({script.rules.get(check.rule.rule_id, 'not declared')})"
        )
    mode = f"rule:{check.rule.rule_id}"
    if evidence.response is None:
        return _fail(check.description or mode, _missing(evidence, "response"), mode=mode)
    parameters = {name: resolve(value) for name, value in check.rule.parameters}
    result = rule(RuleInput(evidence.request.url, evidence.response_body, parameters, bodies))
    if result.ok:
        return Judgement(Verdict.PASS, mode=mode, fixtures=result.fixtures)
    return _fail(result.expected, result.received, path=result.path, mode=mode)


_CRITERIA = {
    "expression": _expression,
    "responseCode": _response_code,
    "resource": _resource,
    "validateProfileId": _profile,
    "headerField": _header,
    "requestURL": _request_url,
    "queryParameter": _query_parameter,
    "rule": _rule,
}
