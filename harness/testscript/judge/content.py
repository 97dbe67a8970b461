"""Criteria on the content of a body: expressions, paths, types, minimum content, profiles, links."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.core.issues import shorten, shortened
from harness.core.text import Phrase, Text, joined
from harness.core.verdicts import Blame, Verdict
from harness.fhir.fhirpath import FHIRPathError, FHIRPathUnsupportedError
from harness.testscript.judge.bodies import DIALECT, as_text, error_text, expected_and_received, plain
from harness.testscript.judge.case import Case, Judgement, compare, decided, failed, unsupported
from harness.testscript.judge.explain import explain
from harness.testscript.phrases import (
    AT_LEAST,
    CONFORMS,
    EMPTY,
    EMPTY_RESULT,
    ERRORS,
    IS_EMPTY,
    IS_TRUE,
    LINKS,
    LOST,
    NO_LINKS,
    NO_PROFILE,
    NOT_EMPTY,
    NOT_EVALUATED,
    PROFILE_ID,
    RESOURCE_TYPE,
    SEVERAL,
    SOME_LINKS,
    THAT_OF,
)
from harness.testscript.read.errors import ScriptError

EXPRESSION_MODE = f"fhirpath:{DIALECT}"
PATH_MODE = "xpath"


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
        return failed(_short(text), NOT_EVALUATED.format(why=error_text(error)), mode=mode)
    if check.operator == "notEmpty":
        return decided(bool(result), "notEmpty", NOT_EMPTY.format(what=_short(text)), EMPTY, "", mode)
    if check.value is None and check.operator == "empty":
        return decided(not result, "empty", IS_EMPTY.format(what=_short(text)), _shown(result), "", mode)
    if check.compare_id:
        return _against_source(case, [as_text(item) for item in result], text)
    if check.value is None and check.operator in ("", "equals"):
        if len(result) == 1 and plain(result[0]) is True:
            return Judgement(Verdict.PASS, mode=mode)
        found, place = explain(text, body, case.means.now)
        received = joined(_shown(result), found)
        return failed(IS_TRUE.format(what=_short(text)), received, path=place or _path(result), mode=mode)
    return _compared(text, result, case.operator, case.resolve(check.value or ""))


def _compared(text: str, result: Sequence[Any], operator: str, wanted: str) -> Judgement:
    """The string form of the single value against the wanted value."""
    expected = f"{_short(text)} {operator} {wanted}"
    if not result:
        met = operator in ("notEquals", "notIn", "notContains")
        return decided(met, operator, expected, EMPTY, "", EXPRESSION_MODE)
    if len(result) > 1:
        received = SEVERAL.format(count=len(result), found=_shown(result))
        return failed(expected, received, path=_path(result), mode=EXPRESSION_MODE)
    actual = as_text(result[0])
    return decided(
        compare(operator, actual, wanted), operator, expected, actual, _path(result), EXPRESSION_MODE
    )


def path(case: Case) -> Judgement:
    """An XPath: what it finds meets the operator, or is there at all when the assert names no value."""
    text, check = case.resolve(case.check.subject), case.check
    if case.body.resource is None:
        return failed(_short(text), case.missing, mode=PATH_MODE)
    found = case.body.select(text)
    if check.compare_id:
        return _against_source(case, found, text)
    if check.operator in ("empty", "notEmpty") or check.value is None:
        met = bool(found) is (check.operator != "empty")
        expected = f"{_short(text)} {check.operator or 'notEmpty'}"
        return decided(met, check.operator, expected, _listed(found), text, PATH_MODE)
    return _one_of(case, found, case.resolve(check.value), text)


def _one_of(case: Case, found: Sequence[str], wanted: str, text: str) -> Judgement:
    """One of the values meets the operator, or all of them a negative one."""
    mode = PATH_MODE if case.check.criterion == "path" else EXPRESSION_MODE
    negative = case.operator in ("notEquals", "notIn", "notContains")
    outcomes = [compare(case.operator, value, wanted) for value in found]
    if None in outcomes or compare(case.operator, "", wanted) is None:
        return unsupported(f"operator {case.operator}")
    met = all(outcomes) if negative else any(outcomes)
    return decided(met, case.operator, f"{_short(text)} {case.operator} {wanted}", _listed(found), text, mode)


def _against_source(case: Case, found: Sequence[str], text: str) -> Judgement:
    """The values against those of a fixture or stored message (``compareToSource…``)."""
    check = case.check
    other = case.means.source(check.compare_id)
    wanted = case.resolve(check.compare or check.subject)
    mode = PATH_MODE if check.criterion == "path" else EXPRESSION_MODE
    expected = THAT_OF.format(what=_short(text), operator=case.operator, source=check.compare_id)
    if other.resource is None:
        raise ScriptError(
            Text(
                nl=f"bron '{check.compare_id}' is geen FHIR-resource",
                en=f"source '{check.compare_id}' is not a FHIR resource",
            ),
            received=other.problem,
        )
    if check.criterion == "path":
        values = other.select(wanted)
    else:
        values = [as_text(item) for item in other.evaluate(wanted, case.means.now)]
    if case.operator in ("equals", "notEquals"):
        same = list(found) == values
        met = same if case.operator == "equals" else not same
        return decided(met, case.operator, joined(expected, _listed(values)), _listed(found), text, mode)
    return _one_of(case, found, ",".join(values), text)


def _listed(values: Sequence[str]) -> Phrase:
    return shorten(", ".join(values[:5]) + (", …" if len(values) > 5 else "")) or EMPTY


def minimum(case: Case) -> Judgement:
    """The body holds at least everything that a fixture holds; but what a server fills in itself
    (``meta.versionId``, ``meta.lastUpdated``, which it ignores in what it gets)."""
    fixture = case.means.source(case.check.subject)
    expected = AT_LEAST.format(source=case.check.subject)
    if fixture.resource is None:
        raise ScriptError(
            Text(nl="de fixture is geen FHIR-resource", en="the fixture is not a FHIR resource"),
            received=fixture.problem,
        )
    if case.body.resource is None:
        return failed(expected, case.missing, path="body")
    lost = _lacks(case.body.resource, fixture.resource, fixture.type)
    if lost:
        return failed(expected, LOST.format(place=lost), path=lost)
    return Judgement(Verdict.PASS, mode="http")


_BY_SERVER = frozenset(("versionId", "lastUpdated"))


def _lacks(node: Any, wanted: Any, place: str) -> str:
    """Place of the first thing of ``wanted`` that ``node`` does not have, ``""`` when it has everything."""
    if isinstance(wanted, dict):
        if not isinstance(node, dict):
            return place
        lost = (
            _lacks(node.get(key), value, f"{place}.{key}")
            for key, value in wanted.items()
            if not (place.endswith(".meta") and key in _BY_SERVER)
        )
        return next((item for item in lost if item), "")
    if isinstance(wanted, list):
        items = node if isinstance(node, list) else []
        for number, value in enumerate(wanted):
            if not any(not _lacks(item, value, place) for item in items):
                return f"{place}[{number}]"
        return ""
    return "" if node == wanted and isinstance(node, bool) is isinstance(wanted, bool) else place


def navigation_links(case: Case) -> Judgement:
    """The links of a searchset are sound, and lead to the matches that are not on this page."""
    if case.check.subject.strip().lower() == "false":
        return Judgement(Verdict.PASS, mode="http")
    expected = LINKS
    bundle = case.body.resource
    if bundle is None or case.body.type != "Bundle":
        return failed(expected, case.missing or case.body.type, path="Bundle.link")
    stated = bundle.get("link")
    links = [item for item in (stated if isinstance(stated, list) else []) if isinstance(item, dict)]
    names = [str(item.get("relation", "")) for item in links]
    if not all(str(item.get("url", "")) for item in links) or "self" not in names:
        return failed(expected, ", ".join(names) or NO_LINKS, path="Bundle.link")
    entries = bundle.get("entry")
    shown = sum(
        isinstance(item, dict) and (item.get("search") or {}).get("mode", "match") == "match"
        for item in (entries if isinstance(entries, list) else [])
    )
    total = bundle.get("total")
    more = isinstance(total, int) and shown < total
    if more and not {"next", "previous", "prev"} & set(names):
        received = SOME_LINKS.format(shown=shown, total=total, links=", ".join(names))
        return failed(expected, received, path="Bundle.link")
    return Judgement(Verdict.PASS, mode="http")


def _short(text: str) -> str:
    return shorten(text, 140)


def _shown(result: Sequence[Any]) -> Phrase:
    if not result:
        return EMPTY_RESULT
    return shorten(", ".join(as_text(item) for item in result[:5]) + (", …" if len(result) > 5 else ""))


def _path(result: Sequence[Any]) -> str:
    location = getattr(result[0], "location", "") if result else ""
    return location if isinstance(location, str) else ""


def resource(case: Case) -> Judgement:
    """The resource type of the body."""
    wanted, operator, body = case.resolve(case.check.subject), case.operator, case.body
    expected = RESOURCE_TYPE.format(operator=operator, wanted=wanted)
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
            PROFILE_ID.format(name=case.check.subject),
            NO_PROFILE,
            mode="validator",
            blame=Blame.SPECIFICATION,
        )
    expected = CONFORMS.format(canonical=canonical)
    if case.body.resource is None:
        return failed(expected, case.missing, mode="validator")
    answer = case.means.profiles(case.body, canonical)
    if not answer.decided:
        return Judgement(
            Verdict.INCONCLUSIVE,
            expected,
            answer.reason,
            mode="validator",
            next_step=answer.reason,
            blame=Blame.HARNESS,
        )
    errors = tuple(issue for issue in answer.issues if issue.severity == "error")
    if not errors:
        return Judgement(Verdict.PASS, mode="validator")
    first = errors[0]
    received = ERRORS.format(count=len(errors), path=first.path, message=first.message)
    detail = joined(*expected_and_received(first), separator="; ")
    return Judgement(
        Verdict.FAIL,
        expected,
        shortened(joined(received, detail and joined("[", detail, "]", separator=""), separator=" "), 300),
        first.path,
        "validator",
        Text(
            nl="herstel de genoemde elementen; controleer los met `harness validate`",
            en="correct the elements named; check them apart with `harness validate`",
        ),
        Blame.PRODUCT,
        errors[:25],
    )
