"""Operations and asserts of a TestScript, and the blocks that hold them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from harness.core.text import Phrase
from harness.testscript.phrases import MORE_CRITERIA
from harness.testscript.read.model import Action, Assert, Block, Operation, RuleUse
from harness.testscript.read.xml import (
    FHIR,
    Element,
    children,
    elements,
    extensions,
    line_of,
    text_of,
    truth,
    value_of,
    whole,
)

_QUERY_PARAMETER = "Interoplab-CL-ext-assert-query-parameter"
_ASSERT_RULES = ("testscript-assert-rule", "Interoplab-CL-ext-assert-rule")
_STOP = "testscript-assert-stopTestOnFail"
_OPERATOR = "Interoplab-CL-ext-assert-additional-operators"
_INPUT = "Interoplab-CL-ext-assert-input-variable"
_MAPPER = "Interoplab-CL-ext-assert-mapper-function"
_PATTERN = "Interoplab-CL-ext-assert-regex-matches"
_OPERATORS = {"exists": "notEmpty", "notExists": "empty"}
"""Operators of Conformancelab by what they mean here."""

_CRITERIA = (
    "expression", "path", "responseCode", "resource", "validateProfileId", "headerField", "contentType",
    "requestMethod", "requestURL", "minimumId", "navigationLinks",
)  # fmt: skip
_COMPARED = {"compareToSourceExpression": "expression", "compareToSourcePath": "path"}
"""What gives the wanted value of a comparison -> the criterion that it stands beside."""
_ASSERT_PLAIN = frozenset(
    (
        *_CRITERIA, *_COMPARED, "label", "description", "direction", "operator", "value", "warningOnly",
        "stopTestOnFail", "sourceId", "compareToSourceId",
    )
)  # fmt: skip
_OPERATION_PLAIN = frozenset(
    (
        "type", "resource", "params", "url", "accept", "contentType", "requestHeader", "sourceId",
        "responseId", "encodeRequestUrl", "label", "description", "origin", "destination", "targetId",
        "requestId", "method",
    )
)  # fmt: skip
_RESPONSE_NAMES = {
    "okay": "200", "created": "201", "noContent": "204", "notModified": "304", "bad": "400",
    "forbidden": "403", "notFound": "404", "methodNotAllowed": "405", "conflict": "409", "gone": "410",
    "preconditionFailed": "412", "unprocessable": "422",
}  # fmt: skip
"""Named codes of ``assert.response``."""


def _operation(element: Element, key: str) -> Operation:
    kind = element.find(FHIR + "type")
    unsupported = [
        name for name, _ in elements(element) if name not in _OPERATION_PLAIN and name != "extension"
    ]
    headers = tuple(
        (text_of(header, "field") or "", text_of(header, "value") or "")
        for header in children(element, "requestHeader")
    )
    return Operation(
        key=key,
        code=text_of(kind, "code") or "",
        system=text_of(kind, "system") or "",
        resource=text_of(element, "resource") or "",
        params=text_of(element, "params") or "",
        url=text_of(element, "url") or "",
        accept=text_of(element, "accept") or "",
        content_type=text_of(element, "contentType") or "",
        headers=headers,
        source_id=text_of(element, "sourceId") or "",
        response_id=text_of(element, "responseId") or "",
        request_id=text_of(element, "requestId") or "",
        target_id=text_of(element, "targetId") or "",
        method=(text_of(element, "method") or "").upper(),
        encode=truth(text_of(element, "encodeRequestUrl")) is not False,
        label=text_of(element, "label") or "",
        description=text_of(element, "description") or "",
        origin=whole(text_of(element, "origin")),
        destination=whole(text_of(element, "destination")),
        line=line_of(element),
        unsupported=tuple(dict.fromkeys(unsupported)),
    )


def _rule(extension: Element) -> RuleUse:
    rule_id = ""
    parameters: list[tuple[str, str]] = []
    outputs: list[str] = []
    for url, part in extensions(extension):
        inner = {name: value_of(child) for name, child in extensions(part)}
        if url == "ruleId":
            rule_id = value_of(part)
        elif url in ("param", "parameter"):
            parameters.append((inner.get("name", ""), inner.get("value", "")))
        elif url == "output":
            outputs.append(inner.get("name", ""))
    return RuleUse(rule_id, tuple(parameters), tuple(outputs))


def _stated(element: Element) -> tuple[list[tuple[str, str]], list[Phrase]]:
    """The criteria that the elements of an assert state, and names of elements that are not known."""
    criteria: list[tuple[str, str]] = []
    unknown: list[Phrase] = []
    for name, child in elements(element):
        if name in _CRITERIA:
            criteria.append((name, child.get("value") or ""))
        elif name == "response":
            code = child.get("value") or ""
            criteria.append(("responseCode", _RESPONSE_NAMES.get(code, code)))
        elif name not in _ASSERT_PLAIN and name != "extension":
            unknown.append(f"assert.{name}")
    return criteria, unknown


def _assert(element: Element, key: str) -> Assert:
    criteria, unsupported = _stated(element)
    rule: RuleUse | None = None
    stop = truth(text_of(element, "stopTestOnFail"))
    more: dict[str, str] = {}
    for url, extension in _assert_extensions(element):
        if url in (_OPERATOR, _MAPPER, _PATTERN):
            more[url] = value_of(extension)
        elif url in (_QUERY_PARAMETER, _INPUT):
            kind = "variable" if url == _INPUT else "queryParameter"
            criteria.append((kind, value_of(extension)))
        elif url in _ASSERT_RULES:
            rule = _rule(extension)
            criteria.append(("rule", rule.rule_id))
        elif url == _STOP:
            stop = truth(value_of(extension))
        else:
            unsupported.append(f"extension {url}")
    operator = more.get(_OPERATOR) or text_of(element, "operator") or ""
    if operator == "manualEval":
        criteria = [("manual", "")]
    compare_id, compare = text_of(element, "compareToSourceId") or "", ""
    for name, kind in _COMPARED.items():
        stated = text_of(element, name)
        if stated is not None:
            compare = stated
            if kind not in (item for item, _ in criteria):
                criteria.append((kind, stated))
    if len(criteria) > 1:  # false asks for nothing
        criteria = [item for item in criteria if item != ("navigationLinks", "false")]
    if len(criteria) > 1:
        unsupported.append(MORE_CRITERIA.format(names=", ".join(name for name, _ in criteria)))
    criterion, subject = criteria[0] if criteria else ("", "")
    return Assert(
        key=key,
        criterion=criterion,
        subject=subject,
        operator="matches" if _PATTERN in more else _OPERATORS.get(operator, operator),
        value=more.get(_PATTERN, text_of(element, "value")),
        mapper=more.get(_MAPPER, ""),
        direction=text_of(element, "direction") or "response",
        warning_only=bool(truth(text_of(element, "warningOnly"))),
        stop=stop,
        rule=rule,
        source_id=text_of(element, "sourceId") or "",
        compare_id=compare_id,
        compare=compare,
        label=text_of(element, "label") or "",
        description=text_of(element, "description") or "",
        line=line_of(element),
        unsupported=tuple(unsupported),
    )


def _assert_extensions(element: Element) -> Iterator[tuple[str, Element]]:
    """Extensions of an assert, and of its operator and value."""
    yield from extensions(element)
    for name in ("operator", "value"):
        for child in children(element, name):
            yield from extensions(child)


def block_of(element: Element, kind: Literal["setup", "test", "teardown"], key: str) -> Block:
    """A block of actions; ``key`` is its place in the script."""
    actions: list[Action] = []
    for number, action in enumerate(children(element, "action")):
        place = f"{key}.action[{number}]"
        for name, child in elements(action):
            if name == "operation":
                actions.append(_operation(child, place))
            elif name == "assert":
                actions.append(_assert(child, place))
    return Block(
        kind,
        tuple(actions),
        element.get("id") or "",
        text_of(element, "name") or "",
        text_of(element, "description") or "",
    )
