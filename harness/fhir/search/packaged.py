"""Search parameters that packages define: ``SearchParameter`` resources as definitions of a registry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from harness.core.issues import Issue
from harness.core.text import Text
from harness.fhir.fhirpath import FHIRPathError
from harness.fhir.model.types import Model
from harness.fhir.packages.package_set import PackageSet
from harness.fhir.search.parameters import SearchParameter, base_parameters, from_resource, registry


def package_parameters(packages: PackageSet) -> tuple[list[SearchParameter], list[Issue]]:
    """The search parameters of packages that a server can search with, and which ones it cannot and why."""
    resources = [package.store.load(row) for package, row in packages.rows("SearchParameter")]
    return usable_parameters(resources, packages.model)


def usable_parameters(
    resources: Iterable[dict[str, Any]], model: Model
) -> tuple[list[SearchParameter], list[Issue]]:
    """Definitions of ``SearchParameter`` resources; a warning for each one that cannot be used."""
    found: list[SearchParameter] = []
    problems: list[Issue] = []
    composites: list[dict[str, Any]] = []
    for resource in resources:
        if resource.get("type") == "composite":
            composites.append(resource)
            continue
        parameter = from_resource(resource)
        if parameter is None:
            problems.append(_unusable(resource, "code, base, type, expression"))
        elif problem := _broken(parameter, model):
            problems.append(_unusable(resource, problem))
        else:
            found.append(parameter)
    kinds = {item.url: item.kind for item in (*base_parameters(model), *found) if item.url}
    for resource in composites:
        composite = _composite(resource, kinds)
        if composite is None or _broken(composite, model):
            problems.append(_unusable(resource, "component.definition, component.expression"))
        else:
            found.append(composite)
    return found, problems


def _composite(resource: dict[str, Any], kinds: dict[str, str]) -> SearchParameter | None:
    """A composite, whose parts have the types of the parameters that they refer to."""
    parts: list[tuple[str, str]] = []
    stated = resource.get("component")
    for item in stated if isinstance(stated, list) else ():
        definition = item.get("definition") if isinstance(item, dict) else None
        url = definition.get("reference") if isinstance(definition, dict) else definition
        kind = kinds.get(str(url), "")
        if kind in ("", "composite"):
            return None
        parts.append((kind, str(item.get("expression", ""))))
    plain = from_resource({**resource, "type": "token"})
    return replace(plain, kind="composite", components=tuple(parts)) if plain and parts else None


def _broken(parameter: SearchParameter, model: Model) -> str:
    """Why its expression cannot be used, ``""`` when it can."""
    known = registry(model, (parameter,))
    try:
        for kind in parameter.base:
            if not model.is_resource(kind) and kind not in ("Resource", "DomainResource"):
                return f"base {kind}"
            known.bind(kind, parameter.code)
    except FHIRPathError as error:
        return f"{parameter.expression}: {error}"
    return ""


def _unusable(resource: dict[str, Any], what: str) -> Issue:
    name = str(resource.get("url") or resource.get("code") or resource.get("id"))
    return Issue(
        rule="fhir-search-parameter",
        severity="warning",
        message=Text(
            nl=f"zoekparameter {name} wordt niet gebruikt: {what}",
            en=f"search parameter {name} is not used: {what}",
        ),
        received=what,
    )
