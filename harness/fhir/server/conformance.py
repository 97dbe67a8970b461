"""Whether resources conform: what is asked of a write, and what decides it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from harness.core.issues import Issue
from harness.core.text import Text
from harness.fhir.server.errors import FhirError
from harness.fhir.server.options import Validation
from harness.fhir.server.state import ServerState
from harness.fhir.validation import Validator

STRUCTURE = frozenset(
    (
        "fhir-unknown-element", "fhir-not-allowed", "fhir-list", "fhir-scalar", "fhir-type", "fhir-choice",
        "fhir-choice-type", "fhir-empty", "fhir-null", "fhir-primitive-format", "fhir-primitive-extension",
        "fhir-resource-type", "fhir-resource-type-expected", "fhir-cardinality-max", "fhir-depth",
    )
)  # fmt: skip
"""Rules of the form alone: what breaks one cannot be given back in both formats."""


def with_validator(validator: Validator) -> Validation:
    """A validator as a server uses it."""

    def check(resource: dict[str, Any], profiles: Sequence[str], declared: bool) -> Iterable[Issue]:
        return validator.validate(resource, profiles, declared=declared)

    return check


@cache
def base_validation(version: str) -> Validation:
    """The rules of a FHIR version, with the profiles that ship with the harness."""
    return with_validator(Validator(version=version))


def validation_of(server: ServerState) -> Validation:
    """What decides on a server whether a resource conforms."""
    return server.options.validation or base_validation(server.model.version)


def check_content(server: ServerState, resource: dict[str, Any]) -> None:
    """Refuse (422) a resource that does not meet what the options ask of writes."""
    asked = server.options.validate_writes
    if asked == "off":
        return
    found = validation_of(server)(resource, (), asked == "profiles")
    errors = [
        issue
        for issue in found
        if issue.severity == "error" and (asked != "structure" or issue.rule in STRUCTURE)
    ]
    if errors:
        raise FhirError(
            422,
            "invalid",
            Text(
                nl="de resource voldoet niet aan de FHIR-specificatie",
                en="the resource does not conform to the FHIR specification",
            ),
            issues=errors[:50],
        )
