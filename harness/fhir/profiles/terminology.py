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
    """One include or exclude: a system (of a version) with codes, with filters, or whole; and/or other value
    sets. A code is selected when all that is named here has it."""

    system: str = ""
    codes: tuple[str, ...] = ()
    filters: tuple[FilterFact, ...] = ()
    value_sets: tuple[str, ...] = ()
    version: str = ""


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
    :ivar displays: code -> its display and designations; not of embedded books, which hold no text.
    """

    url: str
    version: str = ""
    complete: bool = True
    case_sensitive: bool = True
    codes: dict[str, str] = {}
    displays: dict[str, tuple[str, ...]] = {}


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

    def contained(self, owner: Mapping[str, Any], address: str) -> Members:
        """Members of a value set at an address that a resource gives; ``#id`` is one that it contains."""
        if not address.startswith("#"):
            return self.members(address)
        for resource in _maps(owner.get("contained")):
            if resource.get("id") == address[1:] and resource.get("resourceType") == "ValueSet":
                return self._expansion(from_value_set(resource), (address,))
        members = Members()
        members.usable = False
        return members

    def _expand(self, url: str, trail: tuple[str, ...]) -> Members:
        facts = self._source.value_set(url)
        if facts is None or url in trail or len(trail) > MAX_IMPORTS:
            members = Members()
            members.usable = False
            return members
        return self._expansion(facts, (*trail, url))

    def _expansion(self, facts: ValueSetFacts, trail: tuple[str, ...]) -> Members:
        members = Members()
        codes: dict[str, set[str]] = {}
        open_systems: set[str] = set()
        for include in facts.include:
            self._include(include, codes, open_systems, trail)
        excluded: dict[str, set[str]] = {}
        for exclude in facts.exclude:
            gone: dict[str, set[str]] = {}
            undecided: set[str] = set()
            self._include(exclude, gone, undecided, trail)
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
        """Adds what an include selects: what its system part and all its value sets have in common."""
        selection = self._of_system(include) if include.system else None
        for url in include.value_sets:
            members = self._expand(url, trail)
            other = _Selection(
                {system: set(items) for system, items in members.codes.items()},
                set(members.open) if members.usable else {include.system},
            )
            selection = other if selection is None else selection.common(other)
        if selection is None:
            return
        for system, items in selection.codes.items():
            codes.setdefault(system, set()).update(items)
        open_systems |= selection.open

    def _of_system(self, include: IncludeFact) -> _Selection:
        """What the system part of an include selects."""
        system = include.system
        if include.codes:
            return _Selection({system: set(include.codes)}, set())
        facts = self.system(system)
        if facts is None or not facts.complete or not same_version(include.version, facts.version):
            return _Selection({}, {system})
        selected = set(facts.codes)
        for entry in include.filters:
            part = _filter(facts, entry)
            if part is None:
                return _Selection({}, {system})
            selected &= part
        return _Selection({system: selected}, set())


class _Selection:
    """Codes per system that are certainly selected, and systems of which any code may be."""

    __slots__ = ("codes", "open")

    def __init__(self, codes: dict[str, set[str]], open_systems: set[str]) -> None:
        self.codes = codes
        self.open = open_systems

    def common(self, other: _Selection) -> _Selection:
        """What both select."""
        codes = {s: self.codes[s] & other.codes[s] for s in self.codes.keys() & other.codes.keys()}
        open_systems = {s for s in self.open | other.open if self._may(s) and other._may(s)}
        for one, two in ((self, other), (other, self)):
            if "" in one.open:  # a value set that is not here: anything the other has may be in it
                open_systems |= two.codes.keys()
        return _Selection(codes, open_systems)

    def _may(self, system: str) -> bool:
        return system in self.codes or system in self.open or "" in self.open


def same_version(wanted: str, version: str) -> bool:
    """Whether content of ``version`` may stand in for ``wanted``; an unknown version does not speak against
    it."""
    return not wanted or not version or wanted == version


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
            version=_text(entry.get("version")),
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
        include += tuple(IncludeFact(value_sets=(url,)) for url in imported)
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


def _displays(concept: Mapping[str, Any]) -> tuple[str, ...]:
    """Display and designations of a concept."""
    texts = [concept.get("display"), *(d.get("value") for d in _maps(concept.get("designation")))]
    return tuple(dict.fromkeys(text for text in texts if isinstance(text, str) and text))


def from_code_system(resource: Mapping[str, Any]) -> CodeSystemFacts:
    """Facts of a CodeSystem resource (JSON-shaped); nested concepts become parents."""
    codes: dict[str, str] = {}
    displays: dict[str, tuple[str, ...]] = {}
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
            if code not in displays and (texts := _displays(entry)):
                displays[code] = texts
        stack += [(inner, code or parent) for inner in reversed(_maps(entry.get("concept")))]
    return CodeSystemFacts(
        url=_text(resource.get("url")),
        version=_text(resource.get("version")),
        complete=_text(resource.get("content")) == "complete",
        case_sensitive=resource.get("caseSensitive") is not False,
        codes=codes,
        displays=displays,
    )
