"""Ties the parts of the validator together: checks of elements by their type, extensions, resources,
profiles.

One :class:`Engine` per model and knowledge; it compiles what it needs on first use and is otherwise
immutable, so that one engine may validate many documents. State of a document is in
:class:`~harness.fhir.validation.run.Run`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from harness.core.errors import HarnessError
from harness.core.issues import Severity
from harness.fhir.model.definitions import Constraint
from harness.fhir.model.types import ElementFacts, TypeRef
from harness.fhir.phrases import CONTAINED_HAS_ID, RESOURCE_TYPE
from harness.fhir.profiles.facts import CORE, BindingFact, InvariantFact
from harness.fhir.profiles.knowledge import Knowledge
from harness.fhir.validation.checks import extensions
from harness.fhir.validation.checks.invariants import Invariants
from harness.fhir.validation.checks.links import bundles, canonicals, contained, ids, references, resolution
from harness.fhir.validation.checks.natives import ELSEWHERE, NATIVE
from harness.fhir.validation.checks.questionnaires import items as answered
from harness.fhir.validation.checks.values import attachments, codes, narrative
from harness.fhir.validation.checks.values.bindings import binding_check
from harness.fhir.validation.findings import Found
from harness.fhir.validation.places import Json, Place
from harness.fhir.validation.profile_rules import ProfileRules
from harness.fhir.validation.run import Check, Run, Scope
from harness.fhir.validation.shapes import Shapes

_TYPE_CHECKS: dict[str, Check] = {
    "Attachment": attachments.attachment_check,
    "Binary": attachments.binary_check,
    "Bundle": bundles.check,
    "CodeSystem": codes.code_system_check,
    "Identifier": codes.identifier_check,
    "Meta": codes.meta_check,
    "Narrative": narrative.check,
    "QuestionnaireResponse": answered.check,
    "StructureDefinition": canonicals.structure_check,
}
"""What holds for a type and is no FHIRPath invariant; Coding and Quantity apart."""


class Engine:
    """Everything that is the same for all documents.

    :param knowledge: profiles and terminology.
    :param dialect: FHIRPath dialect for invariants.
    """

    def __init__(self, knowledge: Knowledge, dialect: str) -> None:
        self.knowledge = knowledge
        self.model = knowledge.model
        self.base = knowledge.base
        self.invariants = Invariants(self.model, dialect)
        self.shapes = Shapes(self.model, self)
        self.profiles: dict[str, ProfileRules | None] = {}

    # -- base specification ---------------------------------------------------------------------

    def type_checks(self, name: str) -> tuple[Check, ...]:
        """Invariants of a type, and what Python checks of it by hand."""
        checks: list[Check] = []
        for constraint in self.base.type_constraints(name):
            found = self._constraint(constraint, name)
            if found is not None:
                checks.append(found)
        if name == "Coding":
            checks.append(codes.coding_check(self.knowledge))
        elif self.model.is_subtype(name, "Quantity"):
            checks.append(codes.quantity_check(self.knowledge))
        elif name in _TYPE_CHECKS:
            checks.append(_TYPE_CHECKS[name])
        return tuple(checks)

    def _constraint(self, constraint: Constraint, type_name: str) -> Check | None:
        if constraint.key in ELSEWHERE:
            return None
        fact = InvariantFact(constraint.key, constraint.expression, constraint.severity)
        native = NATIVE.get((constraint.key, constraint.expression))
        slow = self.invariants.check(fact, type_name)
        if native is None:
            return slow
        severity: Severity = "error" if constraint.severity == "error" else "warning"
        key, expression = constraint.key, constraint.expression

        def check(value: Any, place: Place, run: Run) -> None:
            answer = native(value)
            if answer is None:
                slow(value, place, run)
            elif not answer:
                self.invariants.report(run, place, key, severity, expression, "", value)

        return check

    def element_checks(self, owner: str, element: ElementFacts, ref: TypeRef) -> tuple[Check, ...]:
        """What is checked of an element beyond the shape of its type: binding, reference targets,
        invariants."""
        checks: list[Check] = []
        if element.name == "id" and not self.model.is_resource(owner) and owner != "ElementDefinition":
            checks.append(ids.element_id)  # those of an ElementDefinition occur in snapshot and differential
        system = element.name == "system" and owner == "ValueSet.compose.include"
        if system or (element.name == "url" and ref.code == "uri" and self._canonical(owner)):
            checks.append(canonicals.url_check)
        origin = element.defined_in or owner
        path = f"{origin}.{element.name}"
        binding = self.base.bindings.get(path)
        if binding is not None:
            fact = BindingFact(binding.strength, binding.value_set)
            found = binding_check(self.knowledge, fact, ref.code)
            if found is not None:
                checks.append(found)
        if ref.code == "Reference":
            targets = tuple(CORE + target for target in ref.targets)
            checks.append(references.reference_check(targets, ()))
        if ref.profile:
            profile = ref.profile

            def apply(value: Any, place: Place, run: Run) -> None:
                self.apply_profile(profile, value, None, ref.code, place, run)

            checks.append(apply)
        for constraint in self.base.constraints.get(path, ()):
            if constraint.key != "ext-1":
                rule = self._constraint(constraint, ref.code)
                if rule is not None:
                    checks.append(rule)
        return tuple(checks)

    def _canonical(self, name: str) -> bool:
        """Whether a type is a conformance resource: one with a canonical address and a status."""
        return self.model.is_resource(name) and {"url", "status"} <= self.model.types[name].elements.keys()

    def extension_check(self, modifier: bool) -> Check:
        """The check of one extension: base shape, then its own definition."""
        return extensions.extension_check(self, self.shapes.object("Extension"), modifier)

    def resource_check(self, code: str) -> Check:
        """The check of a resource inside another one (``contained``, ``entry.resource``,
        ``parameter.resource``)."""

        def check(value: Any, place: Place, run: Run) -> None:
            if type(value) is not dict:
                run.add("fhir-type", place, expected="resource", received=value)
                return
            self.check_resource(value, place, run, inner=True, expected=code)

        return check

    def check_resource(
        self,
        resource: Json,
        place: Place,
        run: Run,
        *,
        inner: bool = False,
        expected: str = "Resource",
        profiles: tuple[str, ...] = (),
        declared: bool = True,
    ) -> None:
        """Base specification, then every profile that the resource declares and that the caller asks for."""
        name = resource.get("resourceType")
        if not isinstance(name, str) or not self.model.is_resource(name):
            run.add("fhir-resource-type", place, name=str(name), expected=RESOURCE_TYPE, received=name or "")
            return
        if expected not in ("Resource", "DomainResource") and not self.model.is_subtype(name, expected):
            run.add("fhir-resource-type-expected", place, expected=expected, received=name)
        outer, within, seen = run.scope, run.within, run.ids
        run.within = (place, name, resource)
        run.ids = set()
        inside = inner and place[3] == "contained"
        bundle = run.bundle
        if name == "Bundle":
            run.bundle = resource
        if not inside or outer is None:
            resolution.bundle_index(run)
            run.scope = Scope(resource, place, run.cache.get(("fullUrl", id(resource)), ""))
        node = run.enter(resource, place)
        try:
            self.shapes.object(name)(resource, place, run)
            if not inside:
                contained.check(resource, place, run)
            if inside and "id" not in resource:
                run.add(
                    "fhir-cardinality-min",
                    place,
                    name="id",
                    expected=CONTAINED_HAS_ID,
                    received="0",
                )
            own = _declared(resource) if declared and run.choose is None else ()
            for url in dict.fromkeys([*profiles, *own]):
                self.apply_resource_profile(url, resource, name, place, run)
            if run.choose is not None and not inside:
                self._apply_one_of(run.choose(resource), resource, name, place, run)
        finally:
            run.scope, run.within, run.ids, run.bundle = outer, within, seen, bundle
            run.leave(node)

    # -- profiles -------------------------------------------------------------------------------

    def rules(self, url: str) -> ProfileRules | None:
        """Compiled rules of a profile, ``None`` when it is unknown."""
        if url not in self.profiles:
            tree = self.knowledge.tree(url)
            self.profiles[url] = None if tree is None else ProfileRules(tree, self, self.invariants)
        return self.profiles[url]

    def apply_resource_profile(self, url: str, resource: Json, name: str, place: Place, run: Run) -> None:
        """Validates a resource against a profile by canonical URL."""
        bare = url.partition("|")[0]
        version = url.partition("|")[2]
        if bare.startswith(CORE) and bare[len(CORE) :] in self.model.types:
            core = bare[len(CORE) :]
            if version and not self.knowledge.is_release(version):
                self._other_version(url, self.base.version, _meta(place), run)
            elif not self.model.is_subtype(name, core):
                run.add("fhir-profile-type", _meta(place), expected=core, received=name)
            return
        try:
            rules = self.rules(url)
        except HarnessError as error:
            _unusable(url, error, place, run)
            return
        if rules is None:
            known = self.knowledge.profile(bare) if version else None
            defect = self.knowledge.defects.get(url)
            if defect is not None:
                run.once(
                    "fhir-package-defect",
                    url,
                    _meta(place),
                    severity="not-checked",
                    expected=url,
                    received=defect,
                )
            elif known is not None:
                self._other_version(url, known.version, _meta(place), run)
            else:
                run.add("fhir-profile-unknown", _meta(place), severity="not-checked", expected=url)
            return
        if not self.model.is_subtype(name, rules.type):
            run.add("fhir-profile-type", _meta(place), expected=f"{rules.type} ({url})", received=name)
            return
        self.apply_profile(url, resource, None, name, place, run)

    def _apply_one_of(
        self, options: Sequence[str], resource: Json, name: str, place: Place, run: Run
    ) -> None:
        """Validates a resource against the one of several profiles that it satisfies; when it satisfies none,
        against the one that it declares, else the one that it breaks least."""
        stated = _declared(resource)
        best: tuple[int, list[Found]] | None = None
        ordered = sorted(options, key=lambda item: item not in stated)
        for url in ordered:
            made = run.attempt(partial(self.apply_resource_profile, url, resource, name, place, run))
            if best is None or not made[0] or (made[0] < best[0] and ordered[0] not in stated):
                best = made
            if not made[0]:
                break
        if best is not None:
            run.keep(best)

    @staticmethod
    def _other_version(url: str, version: str, place: Place, run: Run) -> None:
        """Says that a profile is here in another version only; that one proves nothing."""
        run.add(
            "fhir-profile-version", place, severity="not-checked", expected=url, received=version or "(-)"
        )

    def apply_profile(self, url: str, value: Any, companion: Any, code: str, place: Place, run: Run) -> None:
        """Applies the constraints of a profile to a value whose base shape was already checked; once per
        value."""
        if type(value) is dict:
            mark = (id(value), url)
            if mark in run.applied:
                return
            run.applied.add(mark)
        try:
            rules = self.rules(url)
        except HarnessError as error:
            _unusable(url, error, place, run)
            return
        if rules is None:
            if not (url.startswith(CORE) and url[len(CORE) :].partition("|")[0] in self.model.types):
                run.once("fhir-profile-unknown", url, place, severity="not-checked", expected=url)
            return
        rules.apply(value, companion, code, place, run)

    def conforms(self, value: Any, code: str, url: str, place: Place, run: Run) -> bool | None:
        """Whether a value conforms to a profile, without reporting why not; ``None`` when the profile is
        unknown."""
        bare = url.partition("|")[0]
        if bare.startswith(CORE) and bare[len(CORE) :] in self.model.types:
            return self.model.is_subtype(code, bare[len(CORE) :])
        key = (id(value), url)
        known = run.target_cache.get(key)
        if known is not None:
            return known
        if key in run.active:
            return True
        try:
            rules = self.rules(url)
        except HarnessError:
            return None
        if rules is None:
            return None
        if not self.model.is_subtype(code, rules.type):
            run.target_cache[key] = False
            return False
        run.active.add(key)
        try:
            resource = isinstance(value, dict) and "resourceType" in value
            outer, within = run.scope, run.within
            node = run.enter(value, place) if resource else run.node
            if resource:
                run.within = (place, code, value)
                if place[3] != "contained":
                    run.scope = Scope(value, place, run.cache.get(("fullUrl", id(value)), ""))
            try:
                errors = run.trial(lambda: rules.apply(value, None, code, place, run))
            finally:
                run.scope, run.within = outer, within
                run.leave(node)
        finally:
            run.active.discard(key)
        run.target_cache[key] = errors == 0
        return errors == 0


def _declared(resource: Json) -> tuple[str, ...]:
    meta = resource.get("meta")
    profiles = meta.get("profile") if type(meta) is dict else None
    return tuple(p for p in profiles if isinstance(p, str)) if type(profiles) is list else ()


def _meta(place: Place) -> Place:
    return ((place, "meta", -1, "meta"), "profile", -1, "profile")


def _unusable(url: str, error: HarnessError, place: Place, run: Run) -> None:
    """Says, once per document, that a profile cannot be used."""
    run.once("fhir-package-defect", url, place, severity="warning", expected=url, received=error.block)
