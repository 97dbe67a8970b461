"""Where the Questionnaire of a response is: contained, in the same Bundle, or in the packages."""

from __future__ import annotations

from typing import Any

from harness.fhir.validation.checks.links.resolution import bundle_index, resolve, text_of
from harness.fhir.validation.places import Json
from harness.fhir.validation.run import Run


def named(response: Json) -> str:
    """What the response names as its Questionnaire: a reference (STU3), a canonical (R4), ``""`` for none."""
    return text_of(response.get("questionnaire"))


def questionnaire(response: Json, run: Run) -> Json | None:
    """The Questionnaire that a response names, ``None`` when it is not at hand."""
    text = named(response)
    found, _ = resolve(text, run)
    if found is None and not text.startswith("#"):
        found = _by_url(text, run) or run.rules.knowledge.resource("Questionnaire", text)
    return found if found is not None and found.get("resourceType") == "Questionnaire" else None


def _by_url(canonical: str, run: Run) -> Json | None:
    """A Questionnaire of the same Bundle by its own url."""
    url, _, version = canonical.partition("|")
    for resources in bundle_index(run).values():
        for resource in resources:
            known = resource.get("resourceType") == "Questionnaire" and resource.get("url") == url
            if known and (not version or resource.get("version") == version):
                return resource
    return None


def items(value: Any, name: str = "item") -> list[Json]:
    """The objects in a list of an object."""
    found = value.get(name) if type(value) is dict else None
    return [item for item in found if type(item) is dict] if type(found) is list else []


def value_of(holder: Json, stem: str) -> tuple[str, Any]:
    """The key and value of a choice (``valueCoding``, ``answerBoolean``), ``("", None)`` for none."""
    for key, value in holder.items():
        if key.startswith(stem) and key[len(stem) : len(stem) + 1].isupper():
            return key, value
    return "", None
