"""Resources constructed with the typed models of ``fhir.resources``: a second opinion on FHIR STU3, by
other authors.

The library takes most of a second to load, so it is loaded when it is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from harness.core.errors import InputError
from harness.core.issues import shorten
from harness.core.text import Text
from harness.fhir.codec.documents import to_json

MAX_OPINIONS = 50


class Opinion(NamedTuple):
    """What the library objects to, and where."""

    path: str
    message: str


def opinions(resource: Mapping[str, Any]) -> list[Opinion]:
    """What ``fhir.resources`` objects to in a resource (STU3); nothing when it can be constructed."""
    from fhir.resources.STU3 import get_fhir_model_class
    from pydantic import ValidationError

    kind = str(resource.get("resourceType"))
    try:
        model = get_fhir_model_class(kind)
    except (LookupError, ImportError, AttributeError, ValueError):
        return [Opinion("resourceType", f"unknown type {shorten(kind)}")]
    try:
        model.model_validate_json(to_json(dict(resource)))
    except ValidationError as error:
        return [
            Opinion(".".join(map(str, (kind, *item["loc"]))), shorten(item["msg"]))
            for item in error.errors(include_url=False, include_input=False)[:MAX_OPINIONS]
        ]
    except (ValueError, TypeError, RecursionError) as error:
        return [Opinion(kind, shorten(f"{type(error).__name__}: {error}"))]
    return []


def constructed(resource: dict[str, Any]) -> dict[str, Any]:
    """A resource that we make, when it can be constructed.

    :raises InputError: the library objects.
    """
    found = opinions(resource)
    if found:
        raise InputError(
            Text(nl="is geen geldige STU3-resource", en="is no valid STU3 resource"),
            where=f"{resource.get('resourceType')}/{resource.get('id')}: {found[0].path}",
            received=found[0].message,
        )
    return resource
