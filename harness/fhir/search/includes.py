"""``_include`` and ``_revinclude``."""

from __future__ import annotations

from collections.abc import Iterable

from harness.core.text import Text
from harness.fhir.search.parameters import Registry
from harness.fhir.search.query import Include, SearchError
from harness.fhir.search.scope import Scope
from harness.fhir.search.values.references import target_key
from harness.fhir.store import Stored, references

MAX_INCLUDE_ROUNDS = 20


def check_includes(
    registry: Registry, includes: Iterable[Include], ignored: set[str] | None
) -> list[Include]:
    """Refuse (or note) includes that name an unknown type or parameter."""
    result = []
    for include in includes:
        try:
            if include.source and not registry.model.is_resource(include.source):
                raise SearchError(
                    Text(
                        nl=f"onbekend resourcetype {include.source}",
                        en=f"unknown resource type {include.source}",
                    ),
                    parameter="_revinclude" if include.reverse else "_include",
                )
            if include.code != "*":
                bound = registry.require(include.source, include.code, "_include")
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


def follow_includes(
    registry: Registry, base: str, page: list[Stored], includes: list[Include], scope: Scope
) -> list[Stored]:
    """Resources that the includes add to a page, in order of discovery, each once.

    :param base: absolute base URL; absolute references that start with it count as local.
    """
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
            for stored in _included(registry, base, include, frontier, scope):
                if stored.key not in seen:
                    seen.add(stored.key)
                    fresh.append(stored)
        added.extend(fresh)
        frontier = fresh
        rounds += 1
    return added


def _included(
    registry: Registry, base: str, include: Include, sources: list[Stored], scope: Scope
) -> Iterable[Stored]:
    if include.reverse:
        yield from _reverse_included(registry, base, include, sources, scope)
        return
    for source in sources:
        if include.source and source.type != include.source:
            continue
        if include.code == "*":
            keys = list(dict.fromkeys(references(source.resource)))
        else:
            bound = registry.require(include.source, include.code, "_include")
            allowed = bound.parameter.targets
            keys = [
                target_key(value, base)
                for value in bound.values(source)
                if not allowed or not value.type or value.type in allowed
            ]
        for key in keys:
            target = scope.visible(key) if key else None
            if target is not None and (not include.target or target.type == include.target):
                yield target


def _reverse_included(
    registry: Registry, base: str, include: Include, targets: list[Stored], scope: Scope
) -> Iterable[Stored]:
    wanted = {t.key for t in targets if not include.target or t.type == include.target}
    kinds = (include.source,) if include.source else sorted(registry.model.resource_types)
    for kind in kinds:
        for source in scope.candidates(kind):
            if include.code == "*":
                if wanted & source.references:
                    yield source
                continue
            bound = registry.require(kind, include.code, "_include")
            if any(target_key(value, base) in wanted for value in bound.values(source)):
                yield source
