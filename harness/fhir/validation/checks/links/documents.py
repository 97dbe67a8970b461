"""What the head of a document or message names is in the Bundle; a document has a date.

STU3 and R4 documents.html: every resource that the Composition refers to directly is included.
messaging.html: so is what a MessageHeader has as its focus. Only literal references count; what only has an
identifier is elsewhere by intention.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.fhir.phrases import IN_BUNDLE
from harness.fhir.validation.checks.links.resolution import bundled, text_of
from harness.fhir.validation.places import Json, Place
from harness.fhir.validation.run import Run

_HEADS: dict[str, tuple[tuple[str, ...], ...]] = {
    "Composition": (
        ("subject",),
        ("encounter",),
        ("author",),
        ("attester", "party"),
        ("custodian",),
        ("event", "detail"),
        ("section", "entry"),
        ("section", "author"),
        ("section", "focus"),
    ),
    "MessageHeader": (("focus",),),
}
"""Paths of the references per head; a section may hold sections."""


def check(bundle: Json, head: Json, full_url: str, place: Place, run: Run) -> None:
    """Checks the references of the first resource of a document or message.

    :param full_url: ``fullUrl`` of its entry.
    :param place: of the entry.
    """
    at: Place = (place, "resource", -1, "resource")
    for path in _HEADS.get(str(head.get("resourceType")), ()):
        for reference, where in _references(head, path, at):
            text = text_of(reference)
            if text and not text.startswith("#") and not bundled(text, full_url, run):
                run.add(
                    "fhir-bundle-unresolved",
                    (where, "reference", -1, "reference"),
                    expected=IN_BUNDLE,
                    received=text,
                )


def date_check(bundle: Json, place: Place, run: Run) -> None:
    """A document has a date: STU3 documents.html has it in ``meta.lastUpdated`` (R4: bdl-10)."""
    meta = bundle.get("meta")
    if run.rules.model.version.startswith("3") and (type(meta) is not dict or "lastUpdated" not in meta):
        run.add("fhir-document-date", place, severity="warning", expected="meta.lastUpdated", received="")


def _references(value: Any, path: tuple[str, ...], place: Place) -> Iterator[tuple[Any, Place]]:
    """The values at a path with their places; ``section`` is followed into its sections."""
    if type(value) is not dict:
        return
    name = path[0]
    found = value.get(name)
    items = found if type(found) is list else [found] if found is not None else []
    for index, item in enumerate(items):
        at: Place = (place, name, index if type(found) is list else -1, name)
        if len(path) == 1:
            yield item, at
        else:
            yield from _references(item, path[1:], at)
            if name == "section":
                yield from _references(item, path, at)
