"""What a reference points to: a contained resource, or an entry of the Bundle around it. Nothing is fetched.

STU3 and R4 references.html, bundle.html#references.
"""

from __future__ import annotations

import re
from typing import Any

from harness.fhir.validation.places import Json
from harness.fhir.validation.run import Run

_REST = re.compile(
    r"(?:\S*/)?([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?(?:#\S*)?"
).fullmatch


def text_of(reference: Any) -> str:
    """The literal reference of a Reference (or a bare string)."""
    if type(reference) is str:
        return reference
    found = reference.get("reference") if type(reference) is dict else None
    return found if type(found) is str else ""


def type_in(text: str, run: Run) -> str:
    """Resource type that a reference names in its text, ``""`` when it does not."""
    if text.startswith(("urn:", "#")):
        return ""
    match = _REST(text)
    if match is None or match.group(1) not in run.rules.model.resource_types:
        return ""
    return match.group(1)


def bundle_index(run: Run) -> dict[str, list[Json]]:
    """Resources of the innermost Bundle around, by fullUrl and by ``Type/id``; empty when there is none."""
    bundle = run.bundle
    if bundle is None:
        return {}
    found = run.bundle_indexes.get(id(bundle))
    if found is None:
        found = run.bundle_indexes[id(bundle)] = {}
        entries = bundle.get("entry")
        for entry in entries if type(entries) is list else ():
            resource = entry.get("resource") if type(entry) is dict else None
            if type(resource) is not dict:
                continue
            url = entry.get("fullUrl")
            if type(url) is str:
                found.setdefault(url, []).append(resource)
                run.cache[("fullUrl", id(resource))] = url
            ident, name = resource.get("id"), resource.get("resourceType")
            if type(ident) is str and type(name) is str:
                found.setdefault(f"{name}/{ident}", []).append(resource)
    return found


def bundled(text: str, full_url: str, run: Run) -> list[Json]:
    """The entries of the Bundle that a reference may mean (bundle.html#references).

    An absolute reference is a ``fullUrl``. A relative one is below the server that the ``fullUrl`` of its own
    entry names; where that names none, it is the type and id of a resource. A version selects.

    :param full_url: ``fullUrl`` of the entry with the reference.
    """
    index = bundle_index(run)
    if not index:
        return []
    bare, _, version = text.partition("#")[0].partition("/_history/")
    if ":" not in bare:
        base = _REST(full_url) if full_url.startswith("http") else None
        if base is not None:
            bare = full_url.partition("/_history/")[0].rsplit("/", 2)[0] + "/" + bare
    found = index.get(bare, [])
    if version:
        found = [r for r in found if _version(r) in (version, None)]
    return found


def _version(resource: Json) -> Any:
    meta = resource.get("meta")
    return meta.get("versionId") if type(meta) is dict else None


def resolve(text: str, run: Run) -> tuple[Json | None, str]:
    """The resource that a reference points to in this document, and where: ``contained``, ``bundled`` or
    ``""``. Of several that answer to it the first."""
    scope = run.scope
    if text.startswith("#"):
        if scope is None:
            return None, "contained"
        if text == "#":
            return scope.resource, "contained"
        contained = scope.resource.get("contained")
        for resource in contained if type(contained) is list else ():
            if type(resource) is dict and resource.get("id") == text[1:]:
                return resource, "contained"
        return None, "contained"
    found = bundled(text, scope.full_url if scope is not None else "", run)
    return (found[0], "bundled") if found else (None, "")
