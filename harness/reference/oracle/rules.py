"""Selection rules: data in ``profiles/<standard>/selection.yaml``, asked in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Literal

from harness.core.data import data_root
from harness.core.normal.codes import system
from harness.core.normal.moments import day_of
from harness.core.standards.table import standard
from harness.core.text import Text
from harness.core.yamlfile import load_yaml
from harness.fhir.store import Stored
from harness.reference.record.model import Record

EVERY = "every-standard"
FILE = "selection.yaml"
FLAG_DETAIL = "http://hl7.org/fhir/StructureDefinition/flag-detail"
ICPC = "http://hl7.org/fhir/sid/icpc-1-nl"

Standing = Literal["must", "may", "not"]


@dataclass(frozen=True)
class Rule:
    """One rule: what fits all of ``when`` is not shown, or need not be.

    :ivar leak: what it keeps in has to stay in the HIS whatever is asked.
    :ivar cut: list of which the conditions look at each item; what fits is cut out of the resource.
    """

    id: str
    title: Text
    source: str
    types: frozenset[str]
    when: tuple[Mapping[str, Any], ...]
    then: Literal["not", "may"]
    operations: frozenset[str] = frozenset()
    cut: str = ""
    leak: bool = False

    def about(self, kind: str, operation: str) -> bool:
        """Whether the rule is about resources of this type in the answer to this operation."""
        named = "*" in self.types or kind in self.types
        return named and (not self.operations or operation in self.operations)


WITHHELD = Rule(
    "withheld",
    Text(nl="de huisarts houdt dit in het HIS", en="the GP keeps this in the HIS"),
    "OPEN-ICT-14, OPEN-ICT-15",
    frozenset("*"),
    (),
    "not",
    leak=True,
)
UNDER_AGE = Rule(
    "under-16",
    Text(nl="onder de 16 jaar is er geen online inzage", en="below the age of 16 there is no online access"),
    "OPEN-ICT-20",
    frozenset("*"),
    (),
    "not",
    leak=True,
)
NOT_SELECTED = Rule(
    "query",
    Text(nl="de zoekvraag selecteert dit niet", en="the query does not select this"),
    "FHIR STU3 search",
    frozenset("*"),
    (),
    "not",
)


@cache
def rules_of(standard_id: str) -> tuple[Rule, ...]:
    """The rules of a standard: those of every standard, then its own (a standard may have none).

    :raises ConfigurationError: a file violates its schema.
    """
    places = [data_root() / "profiles" / EVERY, standard(standard_id).folder]
    found: list[Rule] = []
    for place in places:
        path = place / FILE
        if path.is_file():
            found += [_rule(item) for item in load_yaml(path, schema="selection").data["rules"]]
    return tuple(found)


def _rule(item: Mapping[str, Any]) -> Rule:
    return Rule(
        id=item["id"],
        title=Text(**item["title"]),
        source=item["source"],
        types=frozenset(item["types"]),
        when=tuple(item["when"]),
        then=item["then"],
        operations=frozenset(item.get("operations", ())),
        cut=item.get("cut", ""),
        leak=item.get("leak", False),
    )


@dataclass(frozen=True)
class Ruling:
    """What the rules say of one resource.

    :ivar rule: the rule that decided, ``None`` for what must be shown.
    :ivar resource: the resource as it may leave the HIS.
    """

    standing: Standing
    rule: Rule | None
    resource: dict[str, Any]


def rule_on(stored: Stored, rules: Iterable[Rule], operation: str, record: Record, day: date) -> Ruling:
    """What the rules say of a resource of a record on a day."""
    if record.withheld.get(stored.key, "rule") != "rule":
        return Ruling("not", WITHHELD, stored.resource)
    resource, may = stored.resource, None
    for rule in rules:
        if not rule.about(stored.type, operation):
            continue
        if rule.cut:
            resource = _without(resource, rule, stored, record, day)
        elif all(_fits(resource, condition, stored, record, day) for condition in rule.when):
            if rule.then == "not":
                return Ruling("not", rule, resource)
            may = may or rule
    return Ruling("may" if may else "must", may, resource)


def _without(
    resource: dict[str, Any], rule: Rule, stored: Stored, record: Record, day: date
) -> dict[str, Any]:
    """The resource without the items of a list that a rule cuts out."""
    items = resource.get(rule.cut)
    if not isinstance(items, list):
        return resource
    kept = [
        item
        for item in items
        if not (
            isinstance(item, dict)
            and all(_fits(item, condition, stored, record, day) for condition in rule.when)
        )
    ]
    if len(kept) == len(items):
        return resource
    made = {key: value for key, value in resource.items() if key != rule.cut}
    return made | {rule.cut: kept} if kept else made


def _fits(
    node: dict[str, Any], condition: Mapping[str, Any], stored: Stored, record: Record, day: date
) -> bool:
    if condition.get("richtlijn", record.richtlijn) != record.richtlijn:
        return False
    if "flagged" in condition and _flagged(stored, record, day) is not condition["flagged"]:
        return False
    if "dangling" in condition and bool(stored.references & record.dangling) is not condition["dangling"]:
        return False
    if "element" not in condition:
        return True
    values = values_at(node, condition["element"])
    if condition.get("present", bool(values)) is not bool(values):
        return False
    if "before" in condition:
        bound = getattr(record, condition["before"])
        days = [day_of(value) for value in values if isinstance(value, str)]
        return bound is not None and bool(days) and all(one < bound.isoformat() for one in days)
    return "in" not in condition or not set(_codes(values, condition.get("system"))).isdisjoint(
        condition["in"]
    )


def values_at(node: Any, path: str) -> list[Any]:
    """Values at a dotted path; choices are named without their type.

    >>> values_at({"effectiveDateTime": "2026"}, "effective")
    ['2026']
    """
    found = [node]
    for name in path.split("."):
        below: list[Any] = []
        for item in found:
            if not isinstance(item, dict):
                continue
            value = item.get(name)
            if value is None:
                value = next(
                    (
                        item[key]
                        for key in item
                        if key.startswith(name) and key[len(name) : len(name) + 1].isupper()
                    ),
                    None,
                )
            below += value if isinstance(value, list) else [] if value is None else [value]
        found = below
    return found


def _codes(values: Iterable[Any], wanted: str | None) -> Iterable[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            codings = value.get("coding") if isinstance(value.get("coding"), list) else [value]
            for coding in codings or ():
                where = system(str(coding.get("system", ""))) if isinstance(coding, dict) else ""
                if isinstance(coding, dict) and (wanted is None or where == system(wanted)):
                    yield str(coding.get("code", ""))


def _flagged(stored: Stored, record: Record, day: date) -> bool:
    """Whether an active attention flag is on this episode on that day (by flag-detail, else by ICPC code)."""
    codes = _diagnoses(stored, record)
    for flag in record.store.all("Flag"):
        resource = flag.resource
        if resource.get("status") != "active" or record.withheld.get(flag.key, "rule") != "rule":
            continue
        if not _covers(resource.get("period"), day):
            continue
        details = [
            item.get("valueReference", {}).get("reference")
            for item in resource.get("extension", ())
            if item.get("url") == FLAG_DETAIL
        ]
        if stored.key in details or (not details and codes & set(_codes([resource.get("code")], ICPC))):
            return True
    return False


def _diagnoses(stored: Stored, record: Record) -> set[str]:
    """ICPC codes of the conditions of an episode."""
    found: set[str] = set()
    for reference in values_at(stored.resource, "diagnosis.condition.reference"):
        condition = record.resource(str(reference))
        if condition is not None:
            found.update(_codes([condition.get("code")], ICPC))
    return found


def _covers(period: Any, day: date) -> bool:
    if not isinstance(period, dict):
        return True
    start, end = (day_of(str(period.get(name) or "")) for name in ("start", "end"))
    text = day.isoformat()
    return (not start or start <= text) and (not end or text[: len(end)] <= end)
