"""What a comparison of two resources yields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from harness.core.issues import shorten
from harness.core.normal import codes

Json = Mapping[str, Any]
Note = Literal["", "precision", "day", "garbled", "unit", "twice", "added", "more"]


class Gap(NamedTuple):
    """One element of an answer that is not what the record says.

    :ivar kind: ``absent``, ``altered``, or ``remark``: not what the record says, but no contradiction of it.
    :ivar path: FHIRPath location in the answer's resource.
    :ivar note: what kind of alteration it is, for the next step.
    """

    kind: Literal["absent", "altered", "remark"]
    path: str
    expected: str
    received: str
    note: Note = ""


class Met(NamedTuple):
    """A reference in a pair of resources.

    :ivar wanted: the record's Reference.
    :ivar given: the answer's Reference.
    """

    path: str
    wanted: Json
    given: Json
    key: bool


def show(value: Any) -> str:
    """A value in a few words, for a finding."""
    if isinstance(value, dict):
        return shorten(_show_complex(value))
    if isinstance(value, list):
        return shorten(", ".join(show(item) for item in value))
    return shorten(codes.primitive(value) if value is not None else "")


def _show_complex(value: Json) -> str:
    for name in ("coding", "component"):
        if isinstance(value.get(name), list):
            return ", ".join(show(item) for item in value[name])
    if "value" in value and "url" not in value:
        parts = (str(value.get("comparator") or ""), codes.number(value["value"]))
        return " ".join((*parts, str(value.get("code") or value.get("unit") or ""))).strip()
    if isinstance(value.get("code"), str):
        return f"{value.get('system', '')}|{value['code']}"
    if "start" in value or "end" in value:
        return f"{value.get('start', '')}..{value.get('end', '')}"
    return "; ".join(_words(value))


def _words(value: Json) -> Iterable[str]:
    for key, item in value.items():
        if isinstance(item, dict | list):
            text = show(item)
        else:
            text = codes.primitive(item)
        if text:
            yield f"{key} {text}"
