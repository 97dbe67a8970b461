"""Criteria of a search as predicates on resources: modifiers, chains, reverse chains, composites."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias

from harness.core.text import Text
from harness.fhir.search.parameters import Bound, Registry
from harness.fhir.search.query import Criterion, Has, Link, SearchError, split_escaped
from harness.fhir.search.scope import Scope
from harness.fhir.search.values.dates import match_date
from harness.fhir.search.values.quantities import match_quantity
from harness.fhir.search.values.references import ReferenceValue, match_reference, target_key
from harness.fhir.search.values.strings import match_string, match_uri
from harness.fhir.search.values.tokens import index_token, match_token
from harness.fhir.store import Stored

Predicate: TypeAlias = Callable[[Stored], bool]

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
class Criteria:
    """Compiles the criteria of one search.

    :param scope: what chains may reach.
    :param base: absolute base URL; absolute references that start with it count as local.
    :param now: for approximate (``ap``) dates.
    :param type_prefix: accept the own type before a parameter (``Patient.identifier`` on Patient).
    """

    registry: Registry
    scope: Scope
    base: str
    now: datetime | None
    type_prefix: bool

    def predicates(
        self, kind: str, criteria: Iterable[Criterion], ignored: set[str] | None
    ) -> list[Predicate]:
        """One predicate per criterion; unknown parameters are refused, or noted in ``ignored``."""
        result = []
        for criterion in criteria:
            try:
                predicate = self.predicate(kind, criterion)
            except SearchError as error:
                if ignored is None or error.code != "not-supported":
                    raise
                ignored.add(criterion.name)
                continue
            if predicate is not None:
                result.append(predicate)
        return result

    def predicate(self, kind: str, criterion: Criterion) -> Predicate | None:
        """Predicate of one criterion; ``None`` when it has no value and so does not filter."""
        if self.type_prefix and criterion.chain and criterion.chain[0].code == kind:
            criterion = replace(criterion, chain=criterion.chain[1:])
        if criterion.has:
            return self._reverse(kind, criterion)
        if criterion.chain:
            return self._chained(kind, criterion, criterion.chain)
        return self._direct(kind, criterion)

    def _direct(self, kind: str, criterion: Criterion) -> Predicate | None:
        bound = self.registry.require(kind, criterion.code, criterion.name)
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
            return match_token(text, modifier)
        if kind == "date":
            return match_date(text, name, self.now)
        if kind == "reference":
            return match_reference(text, modifier, self.base, targets)
        if kind == "string":
            return match_string(text, modifier)
        if kind == "uri":
            return match_uri(text, modifier)
        return match_quantity(text, name)

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

    def _chained(self, kind: str, criterion: Criterion, chain: tuple[Link, ...]) -> Predicate | None:
        """Follow the first link; the rest is a criterion on whatever it points at."""
        link, rest = chain[0], chain[1:]
        bound = self.registry.require(kind, link.code, criterion.name)
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
                    compiled[target] = self.predicate(target, inner)
                except SearchError:
                    compiled[target] = None
            return compiled[target]

        targets = (link.target,) if link.target else bound.parameter.targets
        if targets and not any(on(target) for target in targets):
            self.predicate(targets[0], inner)  # says which parameter is unknown
        identifier = criterion.code == "identifier" and not rest
        inline = self._inline(kind, link.code, criterion) if not rest else None

        def run(stored: Stored) -> bool:
            for value in bound.values(stored):
                target = self._target(stored, value)
                if target is not None and (not link.target or target.type == link.target):
                    predicate = on(target.type)
                    if predicate is not None and predicate(target):
                        return True
                if identifier and value.identifier is not None:
                    # a reference by identifier only: the identifier of the target is stated in the reference
                    matchers = [match_token(text, criterion.modifier) for text in criterion.values]
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
        matchers = [match_token(text, criterion.modifier) for text in criterion.values]

        def run(stored: Stored) -> bool:
            concept = stored.resource.get(key)
            if not isinstance(concept, dict):
                return False
            tokens = index_token([(concept, "CodeableConcept")])
            return any(match(tokens) for match in matchers)

        return run

    def _target(self, stored: Stored, value: ReferenceValue) -> Stored | None:
        if value.contained:
            for inner in stored.resource.get("contained", ()):
                if isinstance(inner, dict) and inner.get("id") == value.contained and "resourceType" in inner:
                    return Stored(inner)
            return None
        return self.scope.visible(target_key(value, self.base))

    def _reverse(self, kind: str, criterion: Criterion) -> Predicate | None:
        has: Has = criterion.has[0]
        bound = self.registry.require(has.type, has.reference, criterion.name)
        inner = Criterion(
            criterion.name,
            criterion.code,
            criterion.values,
            criterion.modifier,
            criterion.chain,
            criterion.has[1:],
        )
        predicate = self.predicate(has.type, inner)
        if predicate is None:
            return None
        pointed: set[str] | None = None

        def run(stored: Stored) -> bool:
            nonlocal pointed
            if pointed is None:
                pointed = {
                    target_key(value, self.base)
                    for source in self.scope.candidates(has.type)
                    if predicate(source)
                    for value in bound.values(source)
                }
            return stored.key in pointed

        return run
