"""What the validator knows: profiles and terminology, from packages, from embedded facts, from the base
specification.

:class:`Knowledge` answers by canonical URL, in this order: the packages that the user gave, the facts that
ship with the harness (:mod:`harness.fhir.profiles.books`), the base specification. With a ``|version`` only
that version counts: a rule of another version proves nothing. Look-ups are lazy and remembered; nothing is
read that no resource asks for.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

from harness.core.errors import ConfigurationError
from harness.core.text import Text
from harness.fhir.model.definitions import Base
from harness.fhir.profiles.differentials import merge
from harness.fhir.profiles.facts import CORE, ProfileError, ProfileFacts, from_structure_definition
from harness.fhir.profiles.terminology import (
    CodeSystemFacts,
    Members,
    Terminology,
    ValueSetFacts,
    from_code_system,
    from_value_set,
)
from harness.fhir.profiles.tree import ProfileTree

Origin = Literal["package", "embedded", "base"]
Json = dict[str, Any]


class Resources(Protocol):
    """A place with conformance resources: a package set, or the base specification."""

    def get(self, type: str, url: str) -> Json | None:
        """A conformance resource by type and canonical URL."""


class FactSource(Protocol):
    """A place with facts that are already in our own form."""

    def profile(self, url: str) -> ProfileFacts | None:
        """Profile facts by canonical URL."""

    def value_set(self, url: str) -> ValueSetFacts | None:
        """Value set facts by canonical URL."""

    def code_system(self, url: str) -> CodeSystemFacts | None:
        """Code system facts by system URI."""


class Knowledge:
    """Profiles and terminology behind one interface.

    :param base: the base specification.
    :param packages: conformance resources of the user's packages.
    :param facts: embedded facts, asked after the packages.
    """

    def __init__(
        self, base: Base, packages: Resources | None = None, facts: FactSource | None = None
    ) -> None:
        self.base = base
        self.model = base.model
        self.packages = packages
        self.facts = facts
        self.terminology = Terminology(self)
        self.defects: dict[str, Text] = {}
        self._profiles: dict[str, ProfileFacts | None] = {}
        self._trees: dict[str, ProfileTree | None] = {}
        self._failed: dict[str, ConfigurationError] = {}

    def profile(self, url: str) -> ProfileFacts | None:
        """Facts of a profile or extension definition; ``None`` when unknown or unusable (then in
        ``defects``)."""
        if url not in self._profiles:
            self._profiles[url] = self._profile(url)
        return self._profiles[url]

    def _profile(self, url: str) -> ProfileFacts | None:
        bare, _, version = url.partition("|")
        found = self._packaged("StructureDefinition", url)
        if found is not None:
            return self._read(url, found)
        if self.facts is not None:
            facts = self.facts.profile(bare)
            if facts is not None and version in ("", facts.version):
                return facts
        found = self._based("StructureDefinition", bare, version)
        return None if found is None else self._read(url, found)

    def _packaged(self, kind: str, canonical: str) -> Json | None:
        """A resource of the user's packages."""
        return None if self.packages is None else self.packages.get(kind, canonical)

    def _based(self, kind: str, url: str, version: str) -> Json | None:
        """A resource of the base specification; one without own version has that of the specification, of
        which technical corrections (3.0.1, 3.0.2) are interchangeable."""
        found = self.base.resources.get(kind, url)
        if found is None or not version:
            return found
        own = str(found.get("version") or self.base.version)
        return found if own == version or (self.is_release(own) and self.is_release(version)) else None

    def is_release(self, version: str) -> bool:
        """Whether a version is that of this FHIR release, technical corrections included."""
        release = self.base.version.rpartition(".")[0]
        return release in (version, version.rpartition(".")[0])

    def _read(self, url: str, resource: Json) -> ProfileFacts | None:
        try:
            return from_structure_definition(resource)
        except ProfileError as error:
            self.defects[url] = error.block
            return None

    def origin(self, url: str) -> Origin | None:
        """Where a profile comes from, ``None`` when it is unknown."""
        bare = url.partition("|")[0]
        if self.base.resources.get("StructureDefinition", bare) is not None:
            return "base"
        if self.packages is not None and self.packages.get("StructureDefinition", bare) is not None:
            return "package"
        return "embedded" if self.facts is not None and self.facts.profile(bare) is not None else None

    def tree(self, url: str) -> ProfileTree | None:
        """The merged constraints of a profile; ``None`` when it is unknown.

        :raises ConfigurationError: when the package is unusable here (a profile that is its own parent).
        """
        failed = self._failed.get(url)
        if failed is not None:
            raise failed
        if url not in self._trees:
            try:
                self._trees[url] = merge(url, self.profile, self.model)
            except ConfigurationError as error:
                self._failed[url] = error
                raise
        return self._trees[url]

    def value_set(self, url: str) -> ValueSetFacts | None:
        """Facts of a value set; ``profile#id`` is one that a definition contains."""
        bare, _, version = url.partition("|")
        if "#" in bare:
            return self._contained(bare)
        found = self._packaged("ValueSet", url)
        if found is not None:
            return from_value_set(found)
        if self.facts is not None:
            facts = self.facts.value_set(bare)
            if facts is not None and version in ("", facts.version):
                return facts
        found = self._based("ValueSet", bare, version)
        return None if found is None else from_value_set(found)

    def _contained(self, address: str) -> ValueSetFacts | None:
        """Facts of a value set inside a definition of a package."""
        owner, _, ident = address.partition("#")
        found = self._packaged("StructureDefinition", owner) or {}
        contained = found.get("contained")
        for resource in contained if isinstance(contained, list) else ():
            if isinstance(resource, dict) and resource.get("id") == ident:
                return from_value_set(resource) if resource.get("resourceType") == "ValueSet" else None
        return None

    def code_system(self, url: str) -> CodeSystemFacts | None:
        """Facts of a code system."""
        bare = url.partition("|")[0]
        found = self._packaged("CodeSystem", bare)
        if found is not None:
            return from_code_system(found)
        if self.facts is not None:
            facts = self.facts.code_system(bare)
            if facts is not None:
                return facts
        found = self.base.resources.get("CodeSystem", bare)
        return None if found is None else from_code_system(found)

    def resource(self, kind: str, canonical: str) -> Json | None:
        """A whole conformance resource (a Questionnaire, say) of the user's packages."""
        return self._packaged(kind, canonical)

    def members(self, value_set: str) -> Members:
        """Members of a value set."""
        return self.terminology.members(value_set)

    def root_of(self, profile: str) -> Any:
        """Root node of the merged tree of a profile, ``None`` when unknown."""
        tree = self.tree(profile)
        return None if tree is None else tree.root

    def type_of_profile(self, profile: str) -> str:
        """Base type that a canonical URL stands for, ``""`` when unknown."""
        if profile.startswith(CORE):
            name = profile[len(CORE) :].partition("|")[0]
            if name in self.model.types:
                return name
        facts = self.profile(profile)
        return facts.type if facts is not None else ""
