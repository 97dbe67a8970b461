"""dom-3: what is contained is referred to from the resource that contains it, and ids are unique there.

STU3 counts a ``reference``; R4 also a canonical, uri or url that is ``#id``. Both accept a contained resource
that refers to its container as ``#``: a Provenance, say (R4 has it in its text, STU3 in references.html).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.core.text import Text
from harness.fhir.phrases import REFERENCE_TO, UNIQUE_ID
from harness.fhir.validation.places import Json, Place
from harness.fhir.validation.run import Run

_DOM_3 = Text(
    nl="naar deze contained resource wordt niet verwezen", en="nothing refers to this contained resource"
)
_DUPLICATE = Text(nl="deze id komt vaker voor bij contained", en="this id occurs more than once in contained")


def check(resource: Json, place: Place, run: Run) -> None:
    """Checks the contained resources of a resource."""
    contained = resource.get("contained")
    if type(contained) is not list or not contained:
        return
    any_key = not run.rules.model.version.startswith("3")
    used = set(_local(resource, any_key))
    seen: set[str] = set()
    for index, part in enumerate(contained):
        ident = part.get("id") if type(part) is dict else None
        if type(ident) is not str:
            continue
        at = (place, "contained", index, "contained")
        if f"#{ident}" not in used and "#" not in _local(part, any_key):
            run.add("dom-3", at, message=_DOM_3, expected=REFERENCE_TO.format(ident=ident), received=ident)
        if ident in seen:
            run.add("fhir-contained-duplicate", at, message=_DUPLICATE, expected=UNIQUE_ID, received=ident)
        seen.add(ident)


def _local(value: Any, any_key: bool) -> Iterator[str]:
    """Texts below a value that point into the resource: of ``reference``, or (``any_key``) of any element."""
    stack = [value]
    while stack:
        item = stack.pop()
        if type(item) is dict:
            for key, part in item.items():
                if type(part) is str:
                    if part[:1] == "#" and (any_key or key == "reference"):
                        yield part
                elif type(part) is dict or type(part) is list:
                    stack.append(part)
        elif type(item) is list:
            for part in item:
                if type(part) is str:
                    if any_key and part[:1] == "#":
                        yield part
                else:
                    stack.append(part)
