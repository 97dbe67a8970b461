"""Which searches a server promises: those of the standard with other bounds, and what its CapabilityStatement
declares.

Only dates and codes are asked for: whoever the person is follows from the token, and ids are of the server.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from harness.core.standards.queries import load_queries
from harness.core.tdates import TDates
from harness.fhir.search.query import RESULT_PARAMETERS
from harness.fhir.search.values.prefixes import split_prefix
from harness.reference.oracle.selection import search_registry

Pairs = tuple[tuple[str, str], ...]

PREFIXES: Final = ("ge", "le", "gt", "lt", "eq")
"""Prefixes of a date that whoever declares a date parameter promises. ``sa``, ``eb``, ``ne`` and ``ap`` are
read in more than one way."""
SHAPING: Final = frozenset({"_format", "_count"})
"""Parameters that do not change what is found."""
_PRIVATE: Final = frozenset({"identifier", "group-identifier", "related-id", "medicationtreatment"})
"""Parameters that look for numbers: those of the person the token knows, those of the content a server "
"makes itself."""


class Promise:
    """What may be asked of a server in the context of one standard.

    :param dates: fills in the dates of the standard's own queries.
    :param statement: the server's CapabilityStatement, ``{}`` when it was not seen.
    """

    def __init__(self, standard: str, dates: TDates, statement: Mapping[str, Any]) -> None:
        self.standard = standard
        self._own: dict[str, list[Pairs]] = {}
        for query in load_queries(standard):
            if query.search and query.flow == "collect" and query.path == query.resource_type != "Patient":
                self._own.setdefault(query.path, []).append(query.resolved(dates))
        self._declared = {kind: _declared(statement, kind) for kind in self._own}

    @property
    def kinds(self) -> tuple[str, ...]:
        """Resource types that the standard searches, the person aside."""
        return tuple(self._own)

    def own(self, kind: str) -> tuple[Pairs, ...]:
        """The standard's own searches for a type."""
        return tuple(self._own.get(kind, ()))

    def parameters(self, kind: str) -> dict[str, str]:
        """``date`` or ``token`` by name, of every parameter that may be asked with values of our choice."""
        dated = {name: "date" for pairs in self.own(kind) for name, _ in pairs if _type(kind, name) == "date"}
        return dated | self._declared.get(kind, {})

    def prefixes(self, kind: str, name: str) -> tuple[str, ...]:
        """Prefixes that may be asked of a date parameter, the commonest first."""
        if name in self._declared.get(kind, {}):
            return PREFIXES
        used = {split_prefix(value)[0] for pairs in self.own(kind) for other, value in pairs if other == name}
        return tuple(prefix for prefix in PREFIXES if prefix in used)

    def covers(self, kind: str, pairs: Pairs) -> bool:
        """Whether a search is promised; what shapes an answer only, always is."""
        asked = [pair for pair in pairs if pair[0] not in SHAPING]
        return (
            kind in self._own
            and all(self._promised(kind, pair) for pair in asked)
            and self._whole(kind, asked)
        )

    def _promised(self, kind: str, pair: tuple[str, str]) -> bool:
        name, value = pair
        kinds = self.parameters(kind)
        if kinds.get(name) == "date":
            return split_prefix(value)[0] in self.prefixes(kind, name)
        return kinds.get(name) == "token" or any(pair in own for own in self.own(kind))

    def _whole(self, kind: str, asked: Iterable[tuple[str, str]]) -> bool:
        """What a query of the standard always says may be left out only when its parameter is declared."""
        given = set(asked)
        free = self.parameters(kind)
        return any(
            {pair for pair in own if pair[0] not in free and not pair[0].startswith("_")} <= given
            for own in self.own(kind)
        )


def _type(kind: str, name: str) -> str:
    found = search_registry().find(kind, name)
    return found.kind if found is not None else ""


def _declared(statement: Mapping[str, Any], kind: str) -> dict[str, str]:
    """Date and token parameters that a CapabilityStatement declares of a type, as far as we know them too."""
    found = {}
    for resource in _objects(statement, "rest", "resource"):
        if resource.get("type") != kind:
            continue
        for item in _objects(resource, "searchParam"):
            name = str(item.get("name"))
            word = _type(kind, name)
            unusual = name.startswith("_") or name in _PRIVATE or name in RESULT_PARAMETERS
            if word in ("date", "token") and item.get("type") == word and not unusual:
                found[name] = word
    return found


def _objects(node: Any, *path: str) -> Iterator[Mapping[str, Any]]:
    """The objects at a path of lists."""
    if not path:
        if isinstance(node, Mapping):
            yield node
        return
    listed = node.get(path[0]) if isinstance(node, Mapping) else None
    for item in listed if isinstance(listed, list) else ():
        yield from _objects(item, *path[1:])
