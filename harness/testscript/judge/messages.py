"""Criteria on the message around the body: ``responseCode``, ``headerField``, ``requestURL``, parameters."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote_plus

from harness.core.issues import shorten
from harness.core.run.exchanges import header, header_values
from harness.core.text import Phrase, Text, joined
from harness.core.verdicts import Blame, Verdict
from harness.fhir.codec.media import format_of
from harness.testscript.judge.bodies import Body
from harness.testscript.judge.case import Case, Judgement, compare, decided, failed, unsupported
from harness.testscript.judge.patterns import MAPPERS
from harness.testscript.judge.rules import sent_parameters
from harness.testscript.phrases import (
    BY_A_PERSON,
    CONTENT_TYPE,
    HEADER_ABSENT,
    MAPPER,
    METHOD,
    NO_CONTENT_TYPE,
    PARAMETER,
    PARAMETER_ABSENT,
    REDIRECT,
    REDIRECT_TO,
    STATUS,
    URL,
    VARIABLE,
)
from harness.testscript.read.errors import NoValue


def response_code(case: Case) -> Judgement:
    """The HTTP status of the response."""
    wanted, operator, evidence = case.resolve(case.check.subject), case.operator, case.evidence
    expected = STATUS.format(operator=operator, wanted=wanted)
    if evidence.response is None:
        return failed(expected, evidence.missing("response"), path="status")
    status = evidence.response.status
    received: Phrase = f"HTTP {status}"
    if 300 <= status < 400:
        location = header(evidence.response.headers, "location")
        where = REDIRECT_TO.format(location=location) if location else REDIRECT
        received = joined(received, where, separator=" ")
    elif status >= 400:
        detail = _outcome_text(evidence.response_body) or evidence.response_body.problem
        received = joined(received, detail)
    return decided(compare(operator, str(status), wanted), operator, expected, received, "status", "http")


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


def variable(case: Case) -> Judgement:
    """The value of a variable, perhaps through a mapper function."""
    name, operator = case.check.subject, case.operator
    wanted = case.resolve(case.check.value or "")
    expected = VARIABLE.format(name=name, operator=operator, wanted=wanted)
    mapper = MAPPERS.get(case.check.mapper) if case.check.mapper else str
    if mapper is None:
        return unsupported(MAPPER.format(name=case.check.mapper))
    try:
        value = case.resolve("${" + name + "}")
    except NoValue as error:  # the assert is about just this
        return failed(expected, error.message, path=f"variable {name}")
    try:
        actual = mapper(value)
    except ValueError as error:
        return failed(expected, f"{value[:80]}: {error}", path=f"variable {name}")
    met = compare(operator, actual, wanted)
    return decided(met, operator, expected, shorten(actual, 120), f"variable {name}", "http")


def manual(case: Case) -> Judgement:
    """What only a person can judge: it waits, and is never green by itself."""
    question = case.check.description
    return Judgement(
        Verdict.INCONCLUSIVE,
        question,
        BY_A_PERSON,
        mode="manual",
        blame=Blame.CONFIGURATION,
        next_step=Text(nl=f"beoordeel zelf: {question}", en=f"judge by hand: {question}"),
    )


def header_field(case: Case) -> Judgement:
    """A header of the request or response; media types are compared without their parameters."""
    name, operator, evidence = case.resolve(case.check.subject), case.operator, case.evidence
    wanted = case.resolve(case.check.value or "")
    path = f"header {name}"
    if case.check.direction == "request":
        found = header_values(evidence.request.headers, name)
    elif evidence.response is None:
        return failed(f"{path} {operator} {wanted}", evidence.missing("response"), path=path)
    else:
        found = header_values(evidence.response.headers, name)
    expected = f"{path} {operator} {wanted}".rstrip()
    received = f"{name}: {', '.join(found)}" if found else HEADER_ABSENT.format(name=name)
    if name.lower() == "content-type" and operator in ("equals", "notEquals", "in", "notIn"):
        found, wanted = [_media(item) for item in found], ",".join(_media(part) for part in wanted.split(","))
    return decided(meets(operator, found, wanted), operator, expected, received, path, "http")


def meets(operator: str, found: Sequence[str], wanted: str) -> bool | None:
    """Whether something that may be repeated meets an operator: all of it a negative one, else one of it."""
    outcomes = [compare(operator, value, wanted) for value in found]
    if None in outcomes or compare(operator, "", wanted) is None:
        return None
    if operator in ("notIn", "notEquals", "notContains", "empty"):
        return all(outcomes)
    return any(outcomes)


def content_type(case: Case) -> Judgement:
    """The format of the message: a code (``xml``, ``json``) or a media type."""
    wanted, operator, evidence = case.resolve(case.check.subject), case.operator, case.evidence
    expected = CONTENT_TYPE.format(operator=operator, wanted=wanted)
    if case.check.direction == "request":
        found = header(evidence.request.headers, "content-type") or ""
    elif evidence.response is None:
        return failed(expected, evidence.missing("response"), path="content-type")
    else:
        found = header(evidence.response.headers, "content-type") or ""
    actual = _media(found)
    if "/" not in wanted:
        actual = format_of(actual) or actual
    met = compare(operator, actual, wanted.strip().lower())
    return decided(met, operator, expected, found or NO_CONTENT_TYPE, "content-type", "http")


def request_method(case: Case) -> Judgement:
    """The HTTP method of the request."""
    wanted, operator = case.resolve(case.check.subject).lower(), case.operator
    actual = case.evidence.request.method.lower()
    met = compare(operator, actual, wanted)
    expected = METHOD.format(operator=operator, wanted=wanted)
    return decided(met, operator, expected, actual, "request method", "http")


def _media(text: str) -> str:
    return text.split(";", 1)[0].strip().lower()


def request_url(case: Case) -> Judgement:
    """The whole request URL, decoded."""
    wanted, operator = case.resolve(case.check.subject), case.operator
    url = unquote_plus(case.evidence.request.url)
    expected = URL.format(operator=operator, wanted=wanted)
    return decided(compare(operator, url, wanted), operator, expected, url, "request URL", "http")


def query_parameter(case: Case) -> Judgement:
    """A parameter of the request: one of its values meets the operator, or all of them a negative one."""
    name, operator = case.resolve(case.check.subject), case.operator
    wanted = case.resolve(case.check.value or "")
    found = [value for key, value in sent_parameters(case.evidence.request) if key == name]
    expected = PARAMETER.format(name=name, operator=operator, wanted=wanted)
    met = meets(operator, found, wanted)
    received = ", ".join(found) if found else PARAMETER_ABSENT.format(name=name)
    return decided(met, operator, expected, received, f"parameter {name}", "http")
