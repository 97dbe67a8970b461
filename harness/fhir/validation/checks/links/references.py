"""References: do they point to something of an allowed type, and where the target is at hand, to the right
profile.

What is at hand: :mod:`.resolution`. Of other references only the type in their text (``Patient/1``,
``https://…/Patient/1``) is known. FHIR STU3 references.html, bundle.html#references.
"""

from __future__ import annotations

import re
from typing import Any

from harness.core.text import Text
from harness.fhir.phrases import CONTAINED_ID, ONE_ENTRY
from harness.fhir.profiles.facts import CORE
from harness.fhir.validation.checks.links.resolution import bundle_index, bundled, resolve, text_of, type_in
from harness.fhir.validation.checks.values.primitives import primitive
from harness.fhir.validation.places import Json, Place
from harness.fhir.validation.run import Check, Run

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+").fullmatch
_URI = primitive("uri").test
_QUERY = re.compile(r"[A-Z][A-Za-z]+\?\S+").fullmatch
_REF_1 = Text(
    nl="verwijzing naar een contained resource die er niet is",
    en="reference to a contained resource that is not there",
)


def ambiguity_check(text: str, place: Place, run: Run) -> None:
    """A reference without version that several entries answer to says too little (not in a history)."""
    scope = run.scope
    if (run.bundle or {}).get("type") == "history" or text.startswith("#") or not bundle_index(run):
        return
    count = len(bundled(text, scope.full_url if scope is not None else "", run))
    if count > 1:
        run.add(
            "fhir-reference-ambiguous",
            place,
            severity="warning",
            expected=ONE_ENTRY,
            received=f"{count}: {text}",
        )


def reference_check(targets: tuple[str, ...], aggregation: tuple[str, ...]) -> Check:
    """The check of a Reference: its target's type and profile, and where the target stands.

    :param targets: canonical URLs of base types or profiles; empty is any.
    :param aggregation: ``contained``, ``bundled``, ``referenced``; empty is any.
    """
    return _Reference(targets, aggregation).check


class _Reference:
    """What an element asks of its references. Types of targets that it allows are kept."""

    __slots__ = ("_good", "aggregation", "anything", "targets")

    def __init__(self, targets: tuple[str, ...], aggregation: tuple[str, ...]) -> None:
        self.targets = targets
        self.aggregation = aggregation
        self.anything = not targets or CORE + "Resource" in targets
        self._good: set[str] = set()

    def check(self, value: Any, place: Place, run: Run) -> None:
        """Checks one Reference."""
        text = text_of(value)
        if not text:
            return
        target, where = resolve(text, run)
        at: Place = (place, "reference", -1, "reference")
        stated = type_in(text, run)
        if target is None and not self._points(text, stated, where, at, run):
            return
        if where == "bundled":
            ambiguity_check(text, at, run)
        if self.aggregation:
            self._place(where or "referenced", at, run)
        found = target.get("resourceType") if target is not None else stated
        if not found or type(found) is not str or not self._type(found, stated, text, at, run):
            return
        if target is not None and not self.anything:
            self._profile(target, found, text, (place, "resolve()", -1, where), at, run)

    @staticmethod
    def _points(text: str, stated: str, where: str, at: Place, run: Run) -> bool:
        """Whether a reference without a target at hand can point to something."""
        if where == "contained":
            run.add("ref-1", at, message=_REF_1, expected=CONTAINED_ID, received=text)
            return False
        if _ABSOLUTE(text):
            good = _URI(text)  # of urn:uuid: and urn:oid: the form
        else:
            good = bool(stated or (run.bundle is not None and _QUERY(text)))
        if good:
            return True
        run.add(
            "fhir-reference-format", at, severity="warning", expected="Type/id | URL | #id", received=text
        )
        return False

    def _place(self, actual: str, at: Place, run: Run) -> None:
        modes = self.aggregation
        if actual not in modes and not (actual == "bundled" and "referenced" in modes):
            run.add("fhir-reference-aggregation", at, expected=" | ".join(modes), received=actual)

    def _type(self, found: str, stated: str, text: str, at: Place, run: Run) -> bool:
        """Whether the target is of the type that the reference itself states, and of an allowed one."""
        if stated and found != stated:
            run.add("fhir-reference-type", at, expected=stated, received=f"{found}: {text}")
            return False
        if self.anything:
            return True
        if found in self._good:
            return True
        rules = run.rules
        names = frozenset(rules.knowledge.type_of_profile(t) for t in self.targets)
        if "" in names or any(rules.model.is_subtype(found, name) for name in names):
            if rules.model.is_resource(found):
                self._good.add(found)
            return True
        run.add("fhir-reference-type", at, expected=" | ".join(sorted(names)), received=f"{found}: {text}")
        return False

    def _profile(self, target: Json, found: str, text: str, where: Place, at: Place, run: Run) -> None:
        """The target conforms to one of the profiles asked for."""
        answers: list[bool | None] = []
        for url in self.targets:
            answers.append(run.rules.conforms(target, found, url, where, run))
            if answers[-1]:
                return
        if None not in answers:
            run.add("fhir-reference-profile", at, expected=" | ".join(self.targets), received=text)


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
