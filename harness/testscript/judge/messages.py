"""Criteria on the message around the body: ``responseCode``, ``headerField``, ``requestURL``, parameters."""

from __future__ import annotations

from urllib.parse import unquote_plus

from harness.core.issues import shorten
from harness.core.run.exchanges import header, header_values
from harness.testscript.judge.bodies import Body
from harness.testscript.judge.case import Case, Judgement, compare, decided, failed
from harness.testscript.judge.rules import sent_parameters


def response_code(case: Case) -> Judgement:
    """The HTTP status of the response."""
    wanted, operator, evidence = case.resolve(case.check.subject), case.operator, case.evidence
    expected = f"HTTP status {operator} {wanted}"
    if evidence.response is None:
        return failed(expected, evidence.missing("response"), path="status")
    status = evidence.response.status
    received = f"HTTP {status}"
    if 300 <= status < 400:
        location = header(evidence.response.headers, "location")
        received += f" redirect to {location}" if location else " redirect"
    elif status >= 400:
        detail = _outcome_text(evidence.response_body) or evidence.response_body.problem
        received += f": {detail}" if detail else ""
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
    actual = ", ".join(found)
    expected = f"{path} {operator} {wanted}".rstrip()
    if name.lower() == "content-type" and operator in ("equals", "notEquals", "in", "notIn"):
        actual, wanted = _media(actual), ",".join(_media(part) for part in wanted.split(","))
    received = f"{name}: {actual}" if found else f"{path} is absent"
    return decided(compare(operator, actual, wanted), operator, expected, received, path, "http")


def _media(text: str) -> str:
    return text.split(";", 1)[0].strip().lower()


def request_url(case: Case) -> Judgement:
    """The whole request URL, decoded."""
    wanted, operator = case.resolve(case.check.subject), case.operator
    url = unquote_plus(case.evidence.request.url)
    expected = f"request URL {operator} {wanted}"
    return decided(compare(operator, url, wanted), operator, expected, url, "request URL", "http")


def query_parameter(case: Case) -> Judgement:
    """A parameter of the request: one of its values meets the operator, or all of them a negative one."""
    name, operator = case.resolve(case.check.subject), case.operator
    wanted = case.resolve(case.check.value or "")
    found = [value for key, value in sent_parameters(case.evidence.request) if key == name]
    expected = f"request parameter {name} {operator} {wanted}"
    if operator in ("notIn", "notEquals", "notContains"):
        outcomes = [compare(operator, value, wanted) for value in found]
        met = None if None in outcomes else all(outcomes)
    else:
        outcomes = [compare(operator, value, wanted) for value in found] or [compare(operator, "", wanted)]
        met = None if None in outcomes else bool(found) and any(outcomes)
    received = ", ".join(found) if found else f"parameter {name} is absent"
    return decided(met, operator, expected, received, f"parameter {name}", "http")
