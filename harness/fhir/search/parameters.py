"""Search parameters: what each code means for each resource type, and the registry that a server searches
with.

Definitions come from three places, later ones win: the base specification (embedded facts),
``SearchParameter`` resources of packages, and compact facts in YAML (for parameters that a national
implementation guide uses but no package defines, or that need more than an expression, such as a period
whose end follows from a duration).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from harness.core.errors import ConfigurationError, nearest
from harness.core.text import Text
from harness.core.yamlfile import load_yaml
from harness.fhir.model.definitions import search_parameters
from harness.fhir.model.types import Model
from harness.fhir.search.extractors import Extractor, compile_expression
from harness.fhir.search.query import SearchError
from harness.fhir.search.values.dates import DateValue, index_date, parse_date
from harness.fhir.search.values.prefixes import HIGH, LOW
from harness.fhir.search.values.quantities import index_quantity
from harness.fhir.search.values.references import index_reference
from harness.fhir.search.values.strings import index_string
from harness.fhir.search.values.tokens import index_token
from harness.fhir.store import Stored

KINDS = frozenset(("token", "date", "reference", "string", "uri", "number", "quantity", "composite"))

_COMMON = (
    ("_id", "token", "Resource.id"),
    ("_lastUpdated", "date", "Resource.meta.lastUpdated"),
    ("_tag", "token", "Resource.meta.tag"),
    ("_profile", "uri", "Resource.meta.profile"),
    ("_security", "token", "Resource.meta.security"),
)
"""Parameters that every resource type has."""
COMMON_PARAMETERS: Final = frozenset(name for name, _, _ in _COMMON)
"""Their names."""

_INDEXERS: dict[str, Any] = {
    "token": index_token,
    "date": index_date,
    "reference": index_reference,
    "string": index_string,
    "uri": index_string,
    "number": index_quantity,
    "quantity": index_quantity,
}


@dataclass(frozen=True)
class SearchParameter:
    """One search parameter.

    :ivar base: resource types it applies to.
    :ivar kind: ``token``, ``date``, ``reference`` …
    :ivar expression: FHIRPath; parts that start with another resource type are ignored.
    :ivar targets: types that a reference may point at; empty means any.
    :ivar duration: FHIRPath of a Duration that gives a Period without end its end (date parameters).
    :ivar extend: whether ``expression`` is added to an existing parameter instead of replacing it.
    :ivar components: for a composite: ``(kind, expression)`` of each part, relative to ``expression``.
    """

    code: str
    base: tuple[str, ...]
    kind: str
    expression: str
    targets: tuple[str, ...] = ()
    url: str = ""
    duration: str = ""
    extend: bool = False
    components: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Bound:
    """A parameter bound to one resource type: extracts its index values.

    :ivar key: identity of the index values, the same in every registry with the same definition.
    """

    parameter: SearchParameter
    type: str
    key: str
    extract: Extractor
    duration: Extractor | None = None
    parts: tuple[tuple[str, Extractor], ...] = ()

    def values(self, stored: Stored) -> list[Any]:
        """Index values of a resource, cached on it. Composite: a list of lists, one per component group."""
        found = stored.index.get(self.key)
        if found is None:
            found = stored.index[self.key] = self._compute(stored.resource)
        return found

    def _compute(self, resource: dict[str, Any]) -> list[Any]:
        nodes = self.extract(resource)
        if self.parts:
            return [
                [_INDEXERS[kind](extract(node)) for kind, extract in self.parts]
                for node, _ in nodes
                if isinstance(node, dict)
            ]
        if self.duration is not None:
            duration = self.duration(resource)
            nodes = [(with_end(node, duration), kind) for node, kind in nodes]
            if not nodes and self.parameter.kind == "date":
                return [DateValue(LOW, HIGH, LOW, HIGH)]
        return _INDEXERS[self.parameter.kind](nodes)  # type: ignore[no-any-return]


_UNITS = {
    "s": 1, "min": 60, "h": 3600, "d": 86400, "wk": 604800, "mo": 2629800, "a": 31557600,
}  # fmt: skip


def with_end(period: Any, durations: list[tuple[Any, str]]) -> Any:
    """A Period whose missing end follows from its start and a Duration (UCUM time units)."""
    if (
        not isinstance(period, dict)
        or "end" in period
        or not isinstance(period.get("start"), str)
        or not durations
    ):
        return period
    duration = durations[0][0]
    if not isinstance(duration, dict):
        return period
    amount, unit = duration.get("value"), _UNITS.get(str(duration.get("code", "")))
    parsed = parse_date(period["start"])
    if unit is None or isinstance(amount, bool) or not isinstance(amount, (int, Decimal)) or parsed is None:
        return period
    try:
        start = datetime(1970, 1, 1) + timedelta(microseconds=parsed[0].low)
        end = start + timedelta(seconds=float(amount * unit))
    except (OverflowError, ValueError):
        return period
    text = end.date().isoformat() if len(period["start"]) <= 10 and unit >= 86400 else end.isoformat()[:19]
    return {**period, "end": text}


@dataclass
class Registry:
    """Search parameters by resource type; grows by :meth:`add` before the server starts."""

    model: Model
    _definitions: dict[str, dict[str, SearchParameter]] = field(default_factory=dict)
    _bound: dict[tuple[str, str], Bound] = field(default_factory=dict)

    def add(self, parameters: Iterable[SearchParameter]) -> None:
        """Add or replace definitions (``extend``: widen an existing one)."""
        for parameter in parameters:
            for base in parameter.base:
                known = self._definitions.setdefault(base, {})
                old = self.find(base, parameter.code) if parameter.extend else None
                if old is None:
                    known[parameter.code] = replace(parameter, extend=False)
                elif parameter.expression not in old.expression:
                    known[parameter.code] = replace(
                        old,
                        expression=f"{old.expression} | {parameter.expression}",
                        targets=(*old.targets, *parameter.targets) if old.targets else (),
                    )
                self._bound.pop((base, parameter.code), None)

    def find(self, kind: str, code: str) -> SearchParameter | None:
        """Definition of ``code`` for a resource type."""
        for base in (kind, "DomainResource", "Resource"):
            found = self._definitions.get(base, {}).get(code)
            if found is not None:
                return found
        return None

    def codes(self, kind: str) -> list[str]:
        """All codes of a resource type, sorted."""
        return sorted(
            code for base in (kind, "DomainResource", "Resource") for code in self._definitions.get(base, {})
        )

    def definitions(self, kind: str) -> Iterator[SearchParameter]:
        """All definitions of a resource type, by code."""
        for code in self.codes(kind):
            found = self.find(kind, code)
            if found is not None:
                yield found

    def bind(self, kind: str, code: str) -> Bound | None:
        """The parameter compiled for one resource type, or ``None`` when the type has no such parameter."""
        bound = self._bound.get((kind, code))
        if bound is None:
            parameter = self.find(kind, code)
            if parameter is None:
                return None
            bound = self._bound[(kind, code)] = self._compile(parameter, kind)
        return bound

    def require(self, kind: str, code: str, name: str) -> Bound:
        """Like :meth:`bind` for a parameter that has to exist.

        :param name: the parameter as the client wrote it, for the message.
        :raises SearchError: ``not-supported``, with the closest known code.
        """
        bound = self.bind(kind, code)
        if bound is None:
            hint = self.suggestion(kind, code)
            raise SearchError(
                Text(
                    nl=f"{kind} kent geen zoekparameter '{code}'" + (f"; bedoeld: {hint}?" if hint else ""),
                    en=f"{kind} has no search parameter '{code}'"
                    + (f"; did you mean {hint}?" if hint else ""),
                ),
                code="not-supported",
                parameter=name,
            )
        return bound

    def _compile(self, parameter: SearchParameter, kind: str) -> Bound:
        def compiled(expression: str) -> Extractor:
            return compile_expression(expression, kind, self.model)

        return Bound(
            parameter,
            kind,
            f"{kind}?{parameter.code}={parameter.kind}:{parameter.expression}:{parameter.duration}",
            compiled(parameter.expression),
            compiled(parameter.duration) if parameter.duration else None,
            tuple((part_kind, compiled(expression)) for part_kind, expression in parameter.components),
        )

    def suggestion(self, kind: str, code: str) -> str:
        """The known code that is most like an unknown one."""
        return nearest(code, self.codes(kind))


def registry(model: Model, extra: Iterable[SearchParameter] = ()) -> Registry:
    """A registry with the base specification's parameters of the model's FHIR version, plus ``extra``."""
    result = Registry(model)
    result.add(SearchParameter(code, ("Resource",), kind, expression) for code, kind, expression in _COMMON)
    result.add(base_parameters(model))
    result.add(extra)
    return result


def base_parameters(model: Model) -> list[SearchParameter]:
    """Parameters of the base specification from the embedded facts."""
    facts = search_parameters(model.version)
    by_url = {fact.url: fact for fact in facts}
    by_code = {f"{base}-{fact.code}": fact for fact in facts for base in fact.base}
    result = []
    for fact in facts:
        if not fact.expression or fact.type not in KINDS:
            continue
        components: tuple[tuple[str, str], ...] = ()
        if fact.type == "composite":
            # a part may name a URL that no definition has (STU3 Observation-code)
            parts = [
                (by_url.get(url) or by_code.get(url.rpartition("/")[2]), expression)
                for url, expression in fact.components
            ]
            if not parts or any(
                part is None or part.type not in _INDEXERS or "%" in expression for part, expression in parts
            ):
                continue
            components = tuple((part.type, expression) for part, expression in parts if part is not None)
        result.append(
            SearchParameter(
                fact.code, tuple(fact.base), fact.type, fact.expression, tuple(fact.targets), fact.url,
                components=components,
            )
        )  # fmt: skip
    return result


def from_resource(resource: dict[str, Any]) -> SearchParameter | None:
    """A ``SearchParameter`` resource (STU3 or R4) as a definition; ``None`` when it cannot be used."""
    code, kind, expression = resource.get("code"), resource.get("type"), resource.get("expression")
    base = resource.get("base")
    if (
        not (isinstance(code, str) and isinstance(expression, str) and isinstance(base, list))
        or kind not in KINDS
    ):
        return None
    if kind == "composite":
        return None
    targets = resource.get("target", [])
    return SearchParameter(
        code,
        tuple(str(item) for item in base),
        str(kind),
        expression,
        tuple(str(item) for item in targets) if isinstance(targets, list) else (),
        str(resource.get("url", "")),
    )


_FIELDS = {"code", "base", "type", "expression", "targets", "duration", "extend", "url"}


def from_yaml(path: Path) -> list[SearchParameter]:
    """Definitions of a YAML file: a list under ``parameters`` with the fields of :class:`SearchParameter`.

    :raises ConfigurationError: for an unknown or missing key, or an unknown parameter type.
    """
    document = load_yaml(path)
    data = document.data
    items = data.get("parameters") if isinstance(data, dict) else None
    if not isinstance(items, list):
        raise ConfigurationError(
            Text(nl="lijst 'parameters' ontbreekt", en="list 'parameters' is missing"), where=str(path)
        )
    result = []
    for number, item in enumerate(items):
        where = document.where("parameters", number)
        unknown = set(item) - _FIELDS if isinstance(item, dict) else {str(item)}
        if unknown or not {"code", "base", "type", "expression"} <= set(item):
            word = sorted(unknown)[0] if unknown else "code, base, type, expression"
            raise ConfigurationError(
                Text(nl=f"onbekende of ontbrekende sleutel: {word}", en=f"unknown or missing key: {word}"),
                where=where,
                expected=", ".join(sorted(_FIELDS)),
                received=word,
            )
        if item["type"] not in KINDS:
            raise ConfigurationError(
                Text(nl="onbekend parametertype", en="unknown parameter type"),
                where=where,
                expected=", ".join(sorted(KINDS)),
                received=str(item["type"]),
            )
        result.append(
            SearchParameter(
                item["code"],
                tuple(item["base"]),
                item["type"],
                item["expression"],
                tuple(item.get("targets", ())),
                item.get("url", ""),
                item.get("duration", ""),
                bool(item.get("extend", False)),
            )
        )
    return result
