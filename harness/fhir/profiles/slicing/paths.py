"""Paths of discriminators: the restricted FHIRPath of FHIR STU3 profiling.html#discriminator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from harness.fhir.profiles.slicing.items import Item, Resolver


class Step(NamedTuple):
    """One step of a discriminator path: an element name, ``resolve()``, or an extension by URL."""

    kind: str
    name: str


def parse_path(path: str) -> tuple[Step, ...] | None:
    """Steps of a discriminator path (the restricted FHIRPath subset); ``None`` when it uses something
    else."""
    steps: list[Step] = []
    rest = path.strip()
    while rest:
        if rest.startswith("extension("):
            inner, _, rest = rest[len("extension(") :].partition(")")
            steps.append(Step("extension", inner.strip().strip("'\"")))
        elif rest.startswith("resolve()"):
            steps.append(Step("resolve", ""))
            rest = rest[len("resolve()") :]
        elif rest.startswith(("ofType(", "as(")):
            _, _, tail = rest.partition("(")
            inner, _, rest = tail.partition(")")
            steps.append(Step("type", inner.strip()))
        else:
            name, dot, tail = rest.partition(".")
            if not name.replace("$", "").replace("[x]", "").replace("_", "").isalnum():
                return None
            if name != "$this":
                steps.append(Step("child", name.removesuffix("[x]")))
            rest = dot + tail
        if rest:
            if not rest.startswith("."):
                return None
            rest = rest[1:]
    return tuple(steps)


def values_below(owner: dict[str, Any], name: str) -> Iterator[Any]:
    """Values of an element of an object: items of a list one by one, a choice by its stem."""
    found = owner.get(name)
    if found is None and name not in owner:
        size = len(name)
        for key, value in owner.items():
            if key.startswith(name) and key[size : size + 1].isupper():
                found = value
                break
        else:
            return
    if isinstance(found, list):
        yield from found
    elif found is not None:
        yield found


def values_at(item: Item, steps: Sequence[Step], resolver: Resolver) -> list[Any] | None:
    """Values that a path selects from an item; ``None`` when a reference on the way does not resolve."""
    holder = item.value if item.value is not None else item.companion
    if len(steps) == 1 and steps[0].kind == "child":  # most paths
        return list(values_below(holder, steps[0].name)) if isinstance(holder, dict) else []
    current: list[Any] = [holder]
    first = True
    for step in steps:
        following: list[Any] = []
        for value in current:
            if step.kind == "resolve":
                target = resolver.resolve(value)
                if target is None:
                    return None
                following.append(target)
            elif step.kind == "extension":
                holder = item.companion if first and not isinstance(value, dict) else value
                if isinstance(holder, dict):
                    following += [e for e in values_below(holder, "extension") if _url(e) == step.name]
            elif step.kind == "type":
                following.append(value)
            elif isinstance(value, dict):
                following += values_below(value, step.name)
        current = following
        first = False
    return current


def _url(value: Any) -> str:
    url = value.get("url") if isinstance(value, dict) else None
    return url if isinstance(url, str) else ""
