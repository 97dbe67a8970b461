"""References: do they point to something of an allowed type, and where the target is at hand, to the right
profile.

A target is looked for among the contained resources and in the Bundle; nothing is fetched. Of other
references only the type in their text (``Patient/1``, ``https://…/Patient/1``) is known. FHIR STU3
references.html, bundle.html#references.
"""

from __future__ import annotations

import re
from typing import Any

from harness.core.text import Text
from harness.fhir.profiles.facts import CORE
from harness.fhir.validation.places import Json, Place
from harness.fhir.validation.run import Check, Run

_REST = re.compile(
    r"(?:\S*/)?([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?(?:#\S*)?"
).fullmatch

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+").fullmatch
_QUERY = re.compile(r"[A-Z][A-Za-z]+\?\S+").fullmatch

_REF_1 = Text(
    nl="verwijzing naar een contained resource die er niet is",
    en="reference to a contained resource that is not there",
)

def text_of(reference: Any) -> str:
    """The literal reference of a Reference (or a bare string)."""
    if type(reference) is str:
        return reference
    found = reference.get("reference") if type(reference) is dict else None
    return found if type(found) is str else ""


def _well_formed(text: str, run: Run) -> object:
    """Whether a reference that names no type can be one: absolute, or a search in a transaction."""
    return _ABSOLUTE(text) or (_QUERY(text) if run.bundle is not None else None)


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


def ambiguity_check(text: str, place: Place, run: Run) -> None:
    """A reference without version that several entries answer to says too little (not in a history)."""
    scope = run.scope
    if (run.bundle or {}).get("type") == "history" or text.startswith("#") or not bundle_index(run):
        return
    count = len(bundled(text, scope.full_url if scope is not None else "", run))
    if count > 1:
        run.add(
            "fhir-reference-ambiguous", place, severity="warning", expected="1 entry", received=f"{count}: {text}"
        )


def reference_check(targets: tuple[str, ...], aggregation: tuple[str, ...]) -> Check:
    """The check of a Reference: its target's type and profile, and where the target stands.

    :param targets: canonical URLs of base types or profiles; empty is any.
    :param aggregation: ``contained``, ``bundled``, ``referenced``; empty is any.
    """
    anything = not targets or CORE + "Resource" in targets
    names: frozenset[str] | None = None

    def check(value: Any, place: Place, run: Run) -> None:
        nonlocal names
        text = text_of(value)
        if not text:
            return
        target, where = resolve(text, run)
        at = (place, "reference", -1, "reference")
        stated = type_in(text, run)
        if target is None and where != "contained" and not stated and _well_formed(text, run) is None:
            run.add(
                "fhir-reference-format", at, severity="warning", expected="Type/id | URL | #id", received=text
            )
            return
        if target is None and where == "contained":
            run.add("ref-1", at, message=_REF_1, expected="id of a contained resource", received=text)
            return
        if where == "bundled":
            ambiguity_check(text, at, run)
        rules = run.rules
        if aggregation:
            modes = set(aggregation)
            actual = where or "referenced"
            if actual not in modes and not (actual == "bundled" and "referenced" in modes):
                run.add("fhir-reference-aggregation", at, expected=" | ".join(aggregation), received=actual)
        found = target.get("resourceType") if target is not None else stated
        if stated and found != stated:
            run.add("fhir-reference-type", at, expected=stated, received=f"{found}: {text}")
            return
        if anything:
            return
        if names is None:
            names = frozenset(rules.knowledge.type_of_profile(t) for t in targets)
        if not found or type(found) is not str:
            return
        if "" not in names and not any(rules.model.is_subtype(found, name) for name in names):
            run.add(
                "fhir-reference-type", at, expected=" | ".join(sorted(names)), received=f"{found}: {text}"
            )
            return
        if target is not None:
            answers: list[bool | None] = []
            where_place: Place = (place, "resolve()", -1, where)
            for url in targets:
                answers.append(rules.conforms(target, found, url, where_place, run))
                if answers[-1]:
                    return
            if None not in answers:
                run.add("fhir-reference-profile", at, expected=" | ".join(targets), received=text)

    return check


class DocumentResolver:
    """What slicing predicates ask (see :class:`harness.fhir.profiles.slicing.items.Resolver`)."""

    __slots__ = ("place", "run")

    def __init__(self, run: Run, place: Place) -> None:
        self.run = run
        self.place = place

    def resolve(self, reference: Any) -> Json | None:
        """The resource in this document that a Reference points to."""
        text = text_of(reference)
        return resolve(text, self.run)[0] if text else None

    def target_type(self, reference: Any) -> str:
        """Type named in the text of a Reference."""
        return type_in(text_of(reference), self.run)

    def conforms(self, value: Any, code: str, profile: str) -> bool | None:
        """Whether a value conforms to a profile."""
        return self.run.rules.conforms(value, code, profile, self.place, self.run)
