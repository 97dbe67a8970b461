"""Value sets and code systems offline: what is enumerable is decided, what is not says so.

::

    terminology = Terminology(source)                    # source: value_set(url), code_system(url)
    members = terminology.members("http://hl7.org/fhir/ValueSet/administrative-gender")
    members.decide("http://hl7.org/fhir/administrative-gender", "male")      # IN
    members.decide("http://snomed.info/sct", "1")            # OUT: a system that the set does not use
    terminology.code("http://hl7.org/fhir/v3/ActCode", "nope")             # OUT: the system is complete

Three answers (:class:`Answer`): ``IN``, ``OUT`` and ``UNKNOWN``. ``UNKNOWN`` comes from a code system that
is not here in full (SNOMED CT, LOINC, ICPC, G-Standaard …) or from a filter over one: then only ``system``
is decided.

FHIR: ValueSet.compose (include: system, concept, filter, valueSet; exclude), CodeSystem.content.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Protocol

import msgspec

MAX_IMPORTS = 200
"""Value sets that one value set may pull in; more is a defect of the package."""


class Answer(Enum):
    """Whether a code is a member."""

    IN = "in"
    OUT = "out"
    UNKNOWN = "unknown"


class FilterFact(msgspec.Struct, frozen=True, omit_defaults=True):
    """One filter of an include: property, operator, value."""

    property: str
    op: str
    value: str


class IncludeFact(msgspec.Struct, frozen=True, omit_defaults=True):
    """One include or exclude: a system with codes, with filters, or whole; and/or other value sets."""

    system: str = ""
    codes: tuple[str, ...] = ()
    filters: tuple[FilterFact, ...] = ()
    value_sets: tuple[str, ...] = ()


class ValueSetFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a ValueSet resource says: content only. ``expansion`` codes stand in for an absent compose."""

    url: str
    version: str = ""
    include: tuple[IncludeFact, ...] = ()
    exclude: tuple[IncludeFact, ...] = ()


class CodeSystemFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a CodeSystem resource says.

    :ivar codes: code -> parent code (``""`` at the top), in order.
    :ivar complete: whether all codes of the system are here.
    """

    url: str
    version: str = ""
    complete: bool = True
    case_sensitive: bool = True
    codes: dict[str, str] = {}


class TerminologySource(Protocol):
    """Where definitions come from."""

    def value_set(self, url: str) -> ValueSetFacts | None:
        """Facts of a value set by canonical URL (a ``|version`` is allowed)."""

    def code_system(self, url: str) -> CodeSystemFacts | None:
        """Facts of a code system by its system URI."""


class Members:
    """Members of a value set, per system.

    :ivar codes: system -> codes that are certainly members.
    :ivar open: systems of which any code may be a member (not decidable here).
    :ivar excluded: system -> codes that are certainly not members.
    :ivar usable: false when nothing is known about the value set at all.
    """

    __slots__ = ("all_codes", "codes", "excluded", "open", "usable")

    def __init__(self) -> None:
        self.codes: dict[str, frozenset[str]] = {}
        self.open: frozenset[str] = frozenset()
        self.excluded: dict[str, frozenset[str]] = {}
        self.usable = True
        self.all_codes: frozenset[str] = frozenset()

    def decide(self, system: str, code: str) -> Answer:
        """Whether ``code`` of ``system`` is a member."""
        if not self.usable:
            return Answer.UNKNOWN
        if code in self.excluded.get(system, ()):
            return Answer.OUT
        if code in self.codes.get(system, ()):
            return Answer.IN
        return Answer.UNKNOWN if system in self.open or "" in self.open else Answer.OUT

    def decide_bare(self, code: str) -> Answer:
        """Whether a ``code`` without system (a primitive) is a member."""
        if not self.usable:
            return Answer.UNKNOWN
        if code in self.all_codes:
            return Answer.IN
        return Answer.UNKNOWN if self.open else Answer.OUT

    @property
    def enumerable(self) -> bool:
        """Whether every code can be decided."""
        return self.usable and not self.open

    def sample(self, limit: int = 8) -> str:
        """Some members, for messages: ``a | b | c …``."""
        if not self.usable:
            return ""
        codes = sorted({code for found in self.codes.values() for code in found})
        if self.open:
            codes = [f"{system}#…" for system in sorted(self.open)] + codes
        return " | ".join(codes[:limit]) + (" …" if len(codes) > limit else "")


class Terminology:
    """Answers about membership; expansions are made once and kept."""

    def __init__(self, source: TerminologySource) -> None:
        self._source = source
        self._members: dict[str, Members] = {}
        self._systems: dict[str, CodeSystemFacts | None] = {}

    def system(self, url: str) -> CodeSystemFacts | None:
        """Facts of a code system, ``None`` when it is not here."""
        if url not in self._systems:
            self._systems[url] = self._source.code_system(url)
        return self._systems[url]

    def code(self, system: str, code: str) -> Answer:
        """Whether ``system`` has ``code``."""
        facts = self.system(system)
        if facts is None or not facts.complete:
            return Answer.UNKNOWN
        if code in facts.codes:
            return Answer.IN
        if not facts.case_sensitive and code.lower() in {c.lower() for c in facts.codes}:
            return Answer.IN
        return Answer.OUT

    def members(self, url: str) -> Members:
        """Members of a value set by canonical URL."""
        found = self._members.get(url)
        if found is None:
            found = self._members[url] = self._expand(url, ())
        return found

    def _expand(self, url: str, trail: tuple[str, ...]) -> Members:
        members = Members()
        facts = self._source.value_set(url)
        if facts is None or url in trail or len(trail) > MAX_IMPORTS:
            members.usable = False
            return members
        codes: dict[str, set[str]] = {}
        open_systems: set[str] = set()
        for include in facts.include:
            self._include(include, codes, open_systems, (*trail, url))
        excluded: dict[str, set[str]] = {}
        for exclude in facts.exclude:
            gone: dict[str, set[str]] = {}
            undecided: set[str] = set()
            self._include(exclude, gone, undecided, (*trail, url))
            for system, items in gone.items():
                codes.get(system, set()).difference_update(items)
                excluded.setdefault(system, set()).update(items)
            for system in undecided & codes.keys():
                open_systems.add(system)
                codes[system] = set()
        members.codes = {system: frozenset(items) for system, items in codes.items() if items}
        members.excluded = {system: frozenset(items) for system, items in excluded.items()}
        members.open = frozenset(open_systems)
        members.all_codes = frozenset().union(*members.codes.values()) if members.codes else frozenset()
        members.usable = bool(facts.include)
        return members

    def _include(
        self, include: IncludeFact, codes: dict[str, set[str]], open_systems: set[str], trail: tuple[str, ...]
    ) -> None:
        if include.value_sets:
            found: dict[str, set[str]] = {}
            undecided: set[str] = set()
            for url in include.value_sets:
                members = self._expand(url, trail)
                if not members.usable:
                    undecided.add(include.system)
                for system, items in members.codes.items():
                    if not include.system or include.system == system:
                        found.setdefault(system, set()).update(items)
                undecided |= {s for s in members.open if not include.system or include.system == s}
            for system, members_found in found.items():
                codes.setdefault(system, set()).update(members_found)
            open_systems |= undecided
            if not include.codes and not include.filters:
                return
        system = include.system
        if not system:
            return
        if include.codes:
            codes.setdefault(system, set()).update(include.codes)
            return
        facts = self.system(system)
        if facts is None or not facts.complete:
            open_systems.add(system)
            return
        selected: set[str] | None = set(facts.codes)
        for entry in include.filters:
            part = _filter(facts, entry)
            selected = None if part is None or selected is None else selected & part
        if selected is None:
            open_systems.add(system)
        else:
            codes.setdefault(system, set()).update(selected)


def _filter(facts: CodeSystemFacts, entry: FilterFact) -> set[str] | None:
    """Codes that a filter selects, ``None`` when this filter cannot be decided from the hierarchy."""
    if entry.property not in ("concept", "code"):
        return None
    if entry.op in ("is-a", "descendent-of", "descendant-of"):
        selected = {entry.value} if entry.op == "is-a" else set()
        for code in facts.codes:
            step, hops = code, 0
            while step and hops < 200:
                parent = facts.codes.get(step, "")
                if parent == entry.value:
                    selected.add(code)
                    break
                step, hops = parent, hops + 1
        return selected
    if entry.op == "is-not-a":
        below = _filter(facts, FilterFact(entry.property, "is-a", entry.value)) or set()
        return set(facts.codes) - below
    if entry.op == "in":
        return {code.strip() for code in entry.value.split(",")} & set(facts.codes)
    if entry.op == "not-in":
        return set(facts.codes) - {code.strip() for code in entry.value.split(",")}
    if entry.op == "=":
        return {entry.value} & set(facts.codes)
    return None


# -- reading official resources -------------------------------------------------------------------


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _maps(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _include_facts(entries: Iterable[Mapping[str, Any]]) -> tuple[IncludeFact, ...]:
    return tuple(
        IncludeFact(
            system=_text(entry.get("system")),
            codes=tuple(_text(c.get("code")) for c in _maps(entry.get("concept")) if c.get("code")),
            filters=tuple(
                FilterFact(_text(f.get("property")), _text(f.get("op")), _text(f.get("value")))
                for f in _maps(entry.get("filter"))
            ),
            value_sets=tuple(v for v in entry.get("valueSet") or () if isinstance(v, str)),
        )
        for entry in entries
    )


def from_value_set(resource: Mapping[str, Any]) -> ValueSetFacts:
    """Facts of a ValueSet resource (JSON-shaped); a lone expansion counts as enumeration."""
    compose = resource.get("compose")
    include: tuple[IncludeFact, ...] = ()
    exclude: tuple[IncludeFact, ...] = ()
    if isinstance(compose, Mapping):
        include = _include_facts(_maps(compose.get("include")))
        imported = tuple(v for v in compose.get("import") or () if isinstance(v, str))
        if imported:
            include += (IncludeFact(value_sets=imported),)
        exclude = _include_facts(_maps(compose.get("exclude")))
    if not include and isinstance(resource.get("expansion"), Mapping):
        listed: dict[str, list[str]] = {}
        stack = _maps(resource["expansion"].get("contains"))
        while stack:
            entry = stack.pop()
            if entry.get("code") and entry.get("abstract") is not True:
                listed.setdefault(_text(entry.get("system")), []).append(_text(entry.get("code")))
            stack += _maps(entry.get("contains"))
        include = tuple(IncludeFact(system=system, codes=tuple(codes)) for system, codes in listed.items())
    return ValueSetFacts(_text(resource.get("url")), _text(resource.get("version")), include, exclude)


def from_code_system(resource: Mapping[str, Any]) -> CodeSystemFacts:
    """Facts of a CodeSystem resource (JSON-shaped); nested concepts become parents."""
    codes: dict[str, str] = {}
    stack = [(entry, "") for entry in reversed(_maps(resource.get("concept")))]
    while stack:
        entry, parent = stack.pop()
        code = _text(entry.get("code"))
        if code:
            declared = next(
                (
                    _text(p.get("valueCode"))
                    for p in _maps(entry.get("property"))
                    if p.get("code") in ("parent", "subsumedBy")
                ),
                "",
            )
            codes.setdefault(code, parent or declared)
        stack += [(inner, code or parent) for inner in reversed(_maps(entry.get("concept")))]
    return CodeSystemFacts(
        url=_text(resource.get("url")),
        version=_text(resource.get("version")),
        complete=_text(resource.get("content")) == "complete",
        case_sensitive=resource.get("caseSensitive") is not False,
        codes=codes,
    )
