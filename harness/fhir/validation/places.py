"""Where in a document a check is.

A place is a linked tuple ``(parent, name, index, key)``: cheap to make for each element, rendered only for a
finding. ``name`` is the FHIRPath name (``value``), ``key`` the JSON key (``valueQuantity``), ``index`` -1
outside a list.
"""

from __future__ import annotations

from typing import Any, TypeAlias

Json = dict[str, Any]

Place: TypeAlias = "tuple[Place | None, str, int, str]"
"""``(parent, name, index, key)``; the first has no parent and the resource type as name. A plain tuple:
one is made for every complex element of every document."""


def render(place: Place | None) -> str:
    """FHIRPath location: ``Bundle.entry[0].resource.value``."""
    parts: list[str] = []
    while place is not None:
        place, name, index, _ = place
        parts.append(name if index < 0 else f"{name}[{index}]")
    return ".".join(reversed(parts))
