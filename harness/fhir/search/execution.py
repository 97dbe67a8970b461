"""Search execution: criteria, chains, includes, sorting over the resources that a caller may see.

A search looks at the resources of one type in a scope (a patient compartment or the whole store), keeps
those that match every criterion, then follows ``_include`` and ``_revinclude``. Strict: what is not
understood is refused with
:class:`~harness.fhir.search.query.SearchError` (or ignored and left out of the self link, when the caller
    says so).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cmp_to_key
from typing import Any

from harness.core.text import Text
from harness.fhir.search import values
from harness.fhir.search.parameters import Bound, Registry
from harness.fhir.search.query import Criterion, Has, Include, Link, Query, SearchError, Sort, split_escaped
from harness.fhir.server.store import Patients, Store, Stored, references

Predicate = Callable[[Stored], bool]

MAX_INCLUDE_ROUNDS = 20
MAX_RESULTS = 20_000

_MODIFIERS: dict[str, frozenset[str]] = {
    "token": frozenset(("text", "not")),
    "date": frozenset(),
    "string": frozenset(("exact", "contains")),
    "uri": frozenset(("above", "below")),
    "number": frozenset(),
    "quantity": frozenset(),
    "composite": frozenset(),
    "reference": frozenset(("identifier",)),
}


@dataclass(frozen=True)
class Scope:
    """What a search may see: the whole store, or one patient's compartment."""

    store: Store
    patient: Patients | None = None

    def candidates(self, kind: str) -> list[Stored]:
        """Resources of one type that a search may find."""
        if self.patient is None:
            return self.store.all(kind)
        return self.store.compartment(self.patient).searchable.get(kind, [])

    def visible(self, key: str) -> Stored | None:
        """A resource that a chain or include may reach."""
        if self.patient is not None and key not in self.store.compartment(self.patient).reachable:
            return None
        return self.store.find(key)


@dataclass(frozen=True)
class Result:
    """Outcome of a search.

    :ivar matches: resources that match, sorted, on this page.
    :ivar included: resources added by includes, without duplicates.
    :ivar total: number of matches before paging.
    :ivar ignored: names of parameters that were not understood (only in lenient handling).
    """

    matches: list[Stored]
    included: list[Stored]
    total: int
    ignored: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Searcher:
    """Executes searches with one registry.

    :param base: absolute base URL; absolute references that start with it count as local.
    :param now: for approximate (``ap``) dates.
    :param type_prefix: accept the own type before a parameter (``Patient.identifier`` on Patient).
    """

    registry: Registry
    base: str = ""
    now: datetime | None = None
    type_prefix: bool = False

    def run(self, kind: str, query: Query, scope: Scope, *, lenient: bool = False) -> Result:
        """Execute a search on one type.

        :raises SearchError: what is not understood or not supported.
        """
        ignored: set[str] = set()
        predicates = self.predicates(kind, query.criteria, scope, ignored if lenient else None)
        found = scope.candidates(kind)
        for predicate in predicates:
            found = [stored for stored in found if predicate(stored)]
        if len(found) > MAX_RESULTS:
            raise SearchError(Text(nl="te veel resultaten", en="too many results"), code="too-costly")
        found = self.sort(kind, list(found), query.sort, ignored if lenient else None)
        includes = self.check_includes(query.includes, ignored if lenient else None)
        total = len(found)
        page = found[query.offset :]
        if query.count is not None:
            page = page[: query.count]
        included = self.include(page, includes, scope) if includes else []
        return Result(page, included, total, frozenset(ignored))

    # -- criteria

    def predicates(
        self, kind: str, criteria: Iterable[Criterion], scope: Scope, ignored: set[str] | None
    ) -> list[Predicate]:
        """One predicate per criterion; unknown parameters are refused, or noted in ``ignored``."""
        result = []
        for criterion in criteria:
            try:
                predicate = self.predicate(kind, criterion, scope)
            except SearchError as error:
                if ignored is None or error.code != "not-supported":
                    raise
                ignored.add(criterion.name)
                continue
            if predicate is not None:
                result.append(predicate)
        return result

    def predicate(self, kind: str, criterion: Criterion, scope: Scope) -> Predicate | None:
        """Predicate of one criterion; ``None`` when it has no value and so does not filter."""
        if self.type_prefix and criterion.chain and criterion.chain[0].code == kind:
            criterion = replace(criterion, chain=criterion.chain[1:])
        if criterion.has:
            return self._reverse(kind, criterion, scope)
        if criterion.chain:
            return self._chained(kind, criterion, criterion.chain, scope)
        return self._direct(kind, criterion)

    def _bind(self, kind: str, code: str, name: str) -> Bound:
        bound = self.registry.bind(kind, code)
        if bound is None:
            hint = self.registry.suggestion(kind, code)
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

    def _direct(self, kind: str, criterion: Criterion) -> Predicate | None:
        bound = self._bind(kind, criterion.code, criterion.name)
        if not criterion.values:
            return None
        modifier = criterion.modifier
        if modifier == "missing":
            if criterion.values not in (("true",), ("false",)):
                raise SearchError(
                    Text(nl=":missing verwacht true of false", en=":missing expects true or false"),
                    parameter=criterion.name,
                )
            wanted = criterion.values == ("true",)
            return lambda stored: (not bound.values(stored)) is wanted
        matchers = [self._matcher(bound, text, modifier, criterion.name) for text in criterion.values]
        if modifier == "not":
            return lambda stored: not any(match(bound.values(stored)) for match in matchers)
        if len(matchers) == 1:
            only = matchers[0]
            return lambda stored: only(bound.values(stored))
        return lambda stored: any(match(bound.values(stored)) for match in matchers)

    def _matcher(self, bound: Bound, text: str, modifier: str, name: str) -> Callable[[list[Any]], bool]:
        parameter = bound.parameter
        kind = parameter.kind
        is_type = kind == "reference" and self.registry.model.is_resource(modifier)
        if modifier and modifier not in _MODIFIERS[kind] and not is_type:
            raise SearchError(
                Text(
                    nl=f"toevoeging ':{modifier}' wordt niet ondersteund bij {name} ({kind})",
                    en=f"modifier ':{modifier}' is not supported on {name} ({kind})",
                ),
                code="not-supported",
                parameter=name,
            )
        if kind == "composite":
            return self._composite(bound, text, name)
        return self._simple(kind, text, "" if modifier == "not" else modifier, name, parameter.targets)

    def _simple(
        self, kind: str, text: str, modifier: str, name: str, targets: tuple[str, ...] = ()
    ) -> Callable[[list[Any]], bool]:
        if kind == "token":
            return values.match_token(text, modifier)
        if kind == "date":
            return values.match_date(text, name, self.now)
        if kind == "reference":
            return values.match_reference(text, modifier, self.base, targets)
        if kind == "string":
            return values.match_string(text, modifier)
        if kind == "uri":
            return values.match_uri(text, modifier)
        return values.match_quantity(text, name)

    def _composite(self, bound: Bound, text: str, name: str) -> Callable[[list[Any]], bool]:
        parts = split_escaped(text, "$")
        if len(parts) != len(bound.parts):
            raise SearchError(
                Text(
                    nl=f"{name} verwacht {len(bound.parts)} delen, gescheiden door $",
                    en=f"{name} expects {len(bound.parts)} parts separated by $",
                ),
                parameter=name,
            )
        matchers = [
            self._simple(kind, part, "", name) for (kind, _), part in zip(bound.parts, parts, strict=True)
        ]
        return lambda groups: any(all(m(g) for m, g in zip(matchers, group, strict=True)) for group in groups)

    def _chained(
        self, kind: str, criterion: Criterion, chain: tuple[Link, ...], scope: Scope
    ) -> Predicate | None:
        """Follow the first link; the rest is a criterion on whatever it points at."""
        link, rest = chain[0], chain[1:]
        bound = self._bind(kind, link.code, criterion.name)
        if bound.parameter.kind != "reference":
            raise SearchError(
                Text(
                    nl=f"'{link.code}' is geen verwijzing en kan niet in een keten staan",
                    en=f"'{link.code}' is not a reference and cannot be chained",
                ),
                parameter=criterion.name,
            )
        inner = Criterion(criterion.name, criterion.code, criterion.values, criterion.modifier, rest)
        if not inner.values:
            return None
        compiled: dict[str, Predicate | None] = {}

        def on(target: str) -> Predicate | None:
            if target not in compiled:
                try:
                    compiled[target] = self.predicate(target, inner, scope)
                except SearchError:
                    compiled[target] = None
            return compiled[target]

        targets = (link.target,) if link.target else bound.parameter.targets
        if targets and not any(on(target) for target in targets):
            self.predicate(targets[0], inner, scope)  # says which parameter is unknown
        identifier = criterion.code == "identifier" and not rest
        inline = self._inline(kind, link.code, criterion) if not rest else None

        def run(stored: Stored) -> bool:
            for value in bound.values(stored):
                target = self._target(stored, value, scope)
                if target is not None and (not link.target or target.type == link.target):
                    predicate = on(target.type)
                    if predicate is not None and predicate(target):
                        return True
                if identifier and value.identifier is not None:
                    # a reference by identifier only: the identifier of the target is stated in the reference
                    matchers = [values.match_token(text, criterion.modifier) for text in criterion.values]
                    if any(match([value.identifier]) for match in matchers):
                        return True
            return inline is not None and inline(stored)

        return run

    def _inline(self, kind: str, code: str, criterion: Criterion) -> Predicate | None:
        """``medication.code`` also matches a CodeableConcept that stands in place of the reference."""
        facts = self.registry.model.type(kind)
        element = facts.stems.get(code) if facts else None
        if element is None or not element.choice or criterion.code != "code":
            return None
        key = f"{code}CodeableConcept"
        matchers = [values.match_token(text, criterion.modifier) for text in criterion.values]

        def run(stored: Stored) -> bool:
            concept = stored.resource.get(key)
            if not isinstance(concept, dict):
                return False
            tokens = values.index_token([(concept, "CodeableConcept")])
            return any(match(tokens) for match in matchers)

        return run

    def _target(self, stored: Stored, value: values.ReferenceValue, scope: Scope) -> Stored | None:
        if value.contained:
            for inner in stored.resource.get("contained", ()):
                if isinstance(inner, dict) and inner.get("id") == value.contained and "resourceType" in inner:
                    return Stored(inner)
            return None
        return scope.visible(self._key(value))

    def _key(self, value: values.ReferenceValue) -> str:
        if value.type:
            return f"{value.type}/{value.id}"
        if self.base and value.literal.startswith(self.base + "/"):
            return value.literal[len(self.base) + 1 :]
        return ""

    def _reverse(self, kind: str, criterion: Criterion, scope: Scope) -> Predicate | None:
        has: Has = criterion.has[0]
        bound = self._bind(has.type, has.reference, criterion.name)
        inner = Criterion(
            criterion.name,
            criterion.code,
            criterion.values,
            criterion.modifier,
            criterion.chain,
            criterion.has[1:],
        )
        predicate = self.predicate(has.type, inner, scope)
        if predicate is None:
            return None
        pointed: set[str] | None = None

        def run(stored: Stored) -> bool:
            nonlocal pointed
            if pointed is None:
                pointed = {
                    self._key(value)
                    for source in scope.candidates(has.type)
                    if predicate(source)
                    for value in bound.values(source)
                }
            return stored.key in pointed

        return run

    # -- includes

    def check_includes(self, includes: Iterable[Include], ignored: set[str] | None) -> list[Include]:
        """Refuse (or note) includes that name an unknown type or parameter."""
        result = []
        for include in includes:
            try:
                if include.source and not self.registry.model.is_resource(include.source):
                    raise SearchError(
                        Text(
                            nl=f"onbekend resourcetype {include.source}",
                            en=f"unknown resource type {include.source}",
                        ),
                        parameter="_revinclude" if include.reverse else "_include",
                    )
                if include.code != "*":
                    bound = self._bind(include.source, include.code, "_include")
                    if bound.parameter.kind != "reference":
                        raise SearchError(
                            Text(
                                nl=f"{include.source}:{include.code} is geen verwijzing",
                                en=f"{include.source}:{include.code} is not a reference",
                            ),
                            parameter="_include",
                        )
            except SearchError as error:
                if ignored is None or error.code != "not-supported":
                    raise
                ignored.add("_revinclude" if include.reverse else "_include")
                continue
            result.append(include)
        return result

    def include(self, page: list[Stored], includes: list[Include], scope: Scope) -> list[Stored]:
        """Resources that the includes add to a page, in order of discovery, each once."""
        seen = {stored.key for stored in page}
        added: list[Stored] = []
        frontier = page
        rounds = 0
        while frontier and rounds < MAX_INCLUDE_ROUNDS:
            fresh: list[Stored] = []
            for include in includes:
                # an include with :recurse or :iterate also looks at what other includes added
                if rounds and not include.iterate:
                    continue
                for stored in self._included(include, frontier, scope):
                    if stored.key not in seen:
                        seen.add(stored.key)
                        fresh.append(stored)
            added.extend(fresh)
            frontier = fresh
            rounds += 1
        return added

    def _included(self, include: Include, sources: list[Stored], scope: Scope) -> Iterable[Stored]:
        if include.reverse:
            yield from self._reverse_included(include, sources, scope)
            return
        for source in sources:
            if include.source and source.type != include.source:
                continue
            if include.code == "*":
                keys = list(dict.fromkeys(references(source.resource)))
            else:
                bound = self.registry.bind(include.source, include.code)
                assert bound is not None
                allowed = bound.parameter.targets
                keys = [
                    self._key(value)
                    for value in bound.values(source)
                    if not allowed or not value.type or value.type in allowed
                ]
            for key in keys:
                target = scope.visible(key) if key else None
                if target is not None and (not include.target or target.type == include.target):
                    yield target

    def _reverse_included(self, include: Include, targets: list[Stored], scope: Scope) -> Iterable[Stored]:
        wanted = {t.key for t in targets if not include.target or t.type == include.target}
        kinds = (include.source,) if include.source else sorted(self.registry.model.resource_types)
        for kind in kinds:
            for source in scope.candidates(kind):
                if include.code == "*":
                    if wanted & source.references:
                        yield source
                    continue
                bound = self.registry.bind(kind, include.code)
                assert bound is not None
                if any(self._key(value) in wanted for value in bound.values(source)):
                    yield source

    # -- sorting

    def sort(
        self, kind: str, found: list[Stored], keys: tuple[Sort, ...], ignored: set[str] | None
    ) -> list[Stored]:
        """Sort by the ``_sort`` keys; resources without a value come last."""
        for key in reversed(keys):
            try:
                bound = self._bind(kind, key.code, "_sort")
            except SearchError:
                if ignored is None:
                    raise
                ignored.add("_sort")
                continue
            found.sort(key=cmp_to_key(_comparer(bound, descending=key.descending)))
        return found


def sort_value(bound: Bound, stored: Stored, *, descending: bool) -> Any:
    """What a resource sorts by, ``None`` when it has no value."""
    found = bound.values(stored)
    if not found:
        return None
    kind = bound.parameter.kind
    if kind == "date":
        return max(v.high for v in found) if descending else min(v.low for v in found)
    if kind in ("number", "quantity"):
        return max(v.high for v in found) if descending else min(v.low for v in found)
    if kind == "token":
        texts = [v.code for v in found]
    elif kind == "reference":
        texts = [v.literal for v in found]
    elif kind == "composite":
        return None
    else:
        texts = [values.fold(v) for v in found]
    return max(texts) if descending else min(texts)


def _comparer(bound: Bound, *, descending: bool) -> Callable[[Stored, Stored], int]:
    def compare(left: Stored, right: Stored) -> int:
        a, b = (sort_value(bound, stored, descending=descending) for stored in (left, right))
        if a is None or b is None:
            return (a is None) - (b is None)
        if a == b:
            return 0
        return (1 if a > b else -1) * (-1 if descending else 1)

    return compare
