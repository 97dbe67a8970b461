"""Ids of elements are unique in their resource (STU3 and R4 element.html: ``id``)."""

from __future__ import annotations

from typing import Any

from harness.fhir.phrases import UNIQUE_ID
from harness.fhir.validation.places import Place
from harness.fhir.validation.run import Run


def element_id(value: Any, place: Place, run: Run) -> None:
    """Checks the id of an element against those met before in the same resource."""
    if type(value) is not str:
        return
    if value in run.ids:
        run.add("fhir-id-duplicate", place, expected=UNIQUE_ID, received=value)
    run.ids.add(value)
