"""Invariants of the base specification that are checked so often that they are written out in Python.

Same meaning as the FHIRPath in the specification (the tests compare both on many values); everything else is
evaluated by :mod:`harness.fhir.fhirpath`.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

Json = dict[str, Any]
Native = Callable[[Any], "bool | None"]
"""Whether the invariant holds for a (structurally correct) object; ``None`` leaves it to FHIRPath."""


def _has(value: Json, stem: str) -> bool:
    """Whether an object has an element, of any type when it is a choice, with or without a value."""
    size = len(stem)
    return any(
        name == stem or (name.startswith(stem) and name[size].isupper())
        for name in (key.removeprefix("_") for key in value)
    )


def _extension(value: Json) -> bool:
    """ext-1: extension or value, not both."""
    return ("extension" in value) != any(key.startswith("value") or key.startswith("_value") for key in value)


def _period(value: Json) -> bool | None:
    """per-1: start <= end. Text comparison decides equal precision in the same zone; the rest is left to
    FHIRPath.

    Of two precisions FHIRPath says neither; datatypes.html#Period does: the end includes all that matches it
    (2012-02-03T10:00:00 is in a period that ends 2012-02-03).
    """
    start, end = value.get("start"), value.get("end")
    if type(start) is not str or type(end) is not str:
        return None if "_start" in value or "_end" in value else True
    if len(start) == len(end) and (len(start) <= 10 or start[19:] == end[19:]):
        return start <= end
    if min(len(start), len(end)) <= 10:
        common = min(len(start), len(end))
        if start[:common] == end[:common]:
            return True
    return None


def _quantity(value: Json) -> bool:
    """qty-3: a code needs a system."""
    return ("code" not in value and "_code" not in value) or "system" in value or "_system" in value


def _contact_point(value: Json) -> bool:
    """cpt-2: a value needs a system."""
    return not ("value" in value or "_value" in value) or "system" in value or "_system" in value


def _attachment(value: Json) -> bool:
    """att-1: data needs a contentType."""
    return not ("data" in value or "_data" in value) or "contentType" in value or "_contentType" in value


def _no_nested(value: Json) -> bool:
    """dom-2: contained resources contain nothing themselves."""
    contained = value.get("contained")
    return type(contained) is not list or not any(type(c) is dict and c.get("contained") for c in contained)


def _no_contained_text(value: Json) -> bool:
    """dom-1: contained resources have no narrative."""
    contained = value.get("contained")
    return type(contained) is not list or not any(type(c) is dict and "text" in c for c in contained)


def _no_contained_meta(value: Json) -> bool:
    """dom-4: contained resources have no versionId or lastUpdated."""
    contained = value.get("contained")
    return type(contained) is not list or not any(
        type(c) is dict
        and type(c.get("meta")) is dict
        and not c["meta"].keys().isdisjoint(("versionId", "_versionId", "lastUpdated", "_lastUpdated"))
        for c in contained
    )


def _range(value: Json) -> bool | None:
    """rng-2: low <= high. Decided for numbers with the same unit; the rest is left to FHIRPath."""
    low, high = value.get("low"), value.get("high")
    if type(low) is not dict or type(high) is not dict:
        return True
    if low.get("system") != high.get("system") or low.get("code") != high.get("code"):
        return None
    first, second = low.get("value"), high.get("value")
    if type(first) not in (int, Decimal) or type(second) not in (int, Decimal):
        return None
    return bool(first <= second)  # type: ignore[operator]


def _cardinality(value: Json) -> bool | None:
    """eld-2: min <= max, of a max that is a number or ``*``."""
    low, high = value.get("min"), value.get("max")
    if type(low) is not int or type(high) is not str:
        return None
    return True if high == "*" else low <= int(high) if high.isascii() and high.isdecimal() else None


def _upper_bound(value: Any) -> bool | None:
    """eld-3: a max is a number or ``*``."""
    return True if value == "*" or (type(value) is str and value.isascii() and value.isdecimal()) else None


def _one_of_a_kind(name: str, *keys: str) -> Native:
    """Items of a list differ in some texts together (eld-13, eld-14)."""

    def check(value: Json) -> bool | None:
        items = value.get(name)
        if type(items) is not list:
            return None
        texts: list[str] = []
        for item in items:
            parts = [item.get(key, "") for key in keys] if type(item) is dict else [None]
            if any(type(part) is not str for part in parts) or any("_" + key in item for key in keys):
                return None
            texts.append("".join(map(str, parts)))
        return True if len(set(texts)) == len(texts) else None

    return check


def _version_in_url(value: Json) -> bool | None:
    """bdl-8: a fullUrl names no version. What has none is left to FHIRPath."""
    url = value.get("fullUrl")
    return "/_history/" not in url if type(url) is str else None


def _observation_value(value: Json) -> bool:
    """obs-6: dataAbsentReason only without value."""
    return "dataAbsentReason" not in value or not _has(value, "value")


NATIVE: dict[tuple[str, str], Native] = {
    ("ext-1", "extension.exists() != value.exists()"): _extension,
    ("qty-3", "code.empty() or system.exists()"): _quantity,
    ("cpt-2", "value.empty() or system.exists()"): _contact_point,
    ("att-1", "data.empty() or contentType.exists()"): _attachment,
    ("dom-1", "contained.text.empty()"): _no_contained_text,
    ("dom-2", "contained.contained.empty()"): _no_nested,
    ("dom-4", "contained.meta.versionId.empty() and contained.meta.lastUpdated.empty()"): _no_contained_meta,
    ("obs-6", "dataAbsentReason.empty() or value.empty()"): _observation_value,
    ("bdl-8", "fullUrl.contains('/_history/').not()"): _version_in_url,
    ("eld-2", "min.empty() or max.empty() or (max = '*') or (min <= max.toInteger())"): _cardinality,
    ("eld-3", "empty() or ($this = '*') or (toInteger() >= 0)"): _upper_bound,
    ("eld-13", "type.select(code&profile&targetProfile).isDistinct()"): _one_of_a_kind(
        "type", "code", "profile", "targetProfile"
    ),
    ("eld-14", "constraint.select(key).isDistinct()"): _one_of_a_kind("constraint", "key"),
    ("per-1", "start.empty() or end.empty() or (start <= end)"): _period,
    ("per-1", "start.hasValue().not() or end.hasValue().not() or (start <= end)"): _period,
    ("rng-2", "low.empty() or high.empty() or (low <= high)"): _range,
}
"""Invariant key and text -> test: the fast form stands for this text only, whatever the FHIR version."""

ELSEWHERE = frozenset(("ele-1", "dom-3", "ref-1", "txt-1", "txt-2"))
"""Invariants of the base specification that other checks decide: shape, references, narrative."""
