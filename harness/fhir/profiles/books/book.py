"""Fact books: what a set of profiles needs, by canonical URL, and how it is collected from packages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from harness.fhir.model.definitions import Base
from harness.fhir.profiles.facts import CORE, ProfileFacts, references, without_prose
from harness.fhir.profiles.knowledge import Knowledge
from harness.fhir.profiles.terminology import CodeSystemFacts, ValueSetFacts

Json = Mapping[str, Any]
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}", re.ASCII)
"""How names of search parameters are written."""


class Origin(msgspec.Struct, frozen=True):
    """A package that facts were read from: name, version, SHA-256 of its content."""

    name: str
    version: str
    hash: str


class FactBook(msgspec.Struct):
    """Facts by canonical URL; see the top of this module.

    :ivar searches: names of search parameters that the packages define, or that their servers have to know.
    """

    origins: list[Origin] = []
    profiles: dict[str, ProfileFacts] = {}
    value_sets: dict[str, ValueSetFacts] = {}
    code_systems: dict[str, CodeSystemFacts] = {}
    searches: list[str] = []

    def profile(self, url: str) -> ProfileFacts | None:
        """Profile facts by canonical URL without version."""
        return self.profiles.get(url)

    def value_set(self, url: str) -> ValueSetFacts | None:
        """Value set facts by canonical URL without version."""
        return self.value_sets.get(url)

    def code_system(self, url: str) -> CodeSystemFacts | None:
        """Code system facts by system URI."""
        return self.code_systems.get(url)

    def join(self, other: FactBook) -> None:
        """Adds what ``other`` has and this one has not."""
        self.origins += [o for o in other.origins if o not in self.origins]
        self.profiles = {**other.profiles, **self.profiles}
        self.value_sets = {**other.value_sets, **self.value_sets}
        self.code_systems = {**other.code_systems, **self.code_systems}
        self.searches = sorted({*self.searches, *other.searches})


def collect(knowledge: Knowledge, seeds: Iterable[str]) -> tuple[FactBook, list[str]]:
    """The closure of some profiles, and the canonical URLs in it that are nowhere to be found.

    :param knowledge: a :class:`~harness.fhir.profiles.knowledge.Knowledge` with the packages. What its base
        specification has is left out.
    :param seeds: canonical URLs of profiles and extensions.
    """
    book = FactBook([], {}, {}, {})
    missing: list[str] = []
    todo = list(dict.fromkeys(seeds))
    seen: set[str] = set()
    value_sets: list[str] = []
    while todo:
        url = todo.pop(0).partition("|")[0]
        if url in seen or (url.startswith(CORE) and url[len(CORE) :] in knowledge.model.types):
            continue
        seen.add(url)
        if knowledge.base.resources.get("StructureDefinition", url) is not None:
            continue
        facts = knowledge.profile(url)
        if facts is None:
            missing.append(url)
            continue
        book.profiles[url] = without_prose(facts)
        for kind, target in references(facts):
            if kind == "value-set":
                value_sets.append(target)
            else:
                todo.append(target)
    while value_sets:
        url = value_sets.pop(0).partition("|")[0]
        if url in book.value_sets or url in seen or knowledge.base.resources.get("ValueSet", url) is not None:
            continue
        seen.add(url)
        found = knowledge.value_set(url)
        if found is None:
            missing.append(url)
            continue
        book.value_sets[url] = found
        for include in (*found.include, *found.exclude):
            value_sets += include.value_sets
            system = include.system
            if (
                system
                and system not in book.code_systems
                and knowledge.base.resources.get("CodeSystem", system) is None
            ):
                codes = knowledge.code_system(system)
                if codes is not None:
                    book.code_systems[system] = msgspec.structs.replace(codes, displays={})
    book.profiles = dict(sorted(book.profiles.items()))
    book.value_sets = dict(sorted(book.value_sets.items()))
    book.code_systems = dict(sorted(book.code_systems.items()))
    return book, sorted(missing)


def searches_of(resources: Iterable[Json], base: Base) -> list[str]:
    """Names of the search parameters of packages that the base specification has not.

    :param resources: SearchParameters and CapabilityStatements.
    """
    found: list[Any] = []
    for item in resources:
        if item.get("resourceType") == "SearchParameter":
            found.append(item.get("code"))
        for rest in _listed(item, "rest"):
            for kind in _listed(rest, "resource"):
                found += (one.get("name") for one in _listed(kind, "searchParam"))
    known = {item.code for item in base.search_parameters}
    names = {name for name in found if isinstance(name, str) and _NAME.fullmatch(name)}
    return sorted(names - known)


def _listed(item: Json, name: str) -> list[Json]:
    listed = item.get(name)
    return [one for one in (listed if isinstance(listed, list) else ()) if isinstance(one, dict)]
