"""The occurrences of an element below an object, as profiles count and check them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from harness.fhir.profiles.slicing.items import Item
from harness.fhir.validation.places import Json

Keys: TypeAlias = dict[str, str]
"""JSON key -> type code, of one element."""

_SELF_NAMED = frozenset(("Resource", "DomainResource"))
"""Types of which a value says its own name."""


_item = tuple.__new__  # what calling Item does, without the call in between

Gather: TypeAlias = Callable[[Json], list[Item]]
"""All occurrences of one element below an object, primitives paired with their ``_key``."""


def gatherer(keys: Keys) -> Gather:
    """How to gather the occurrences of an element; made once per element of a profile."""
    if len(keys) > 1:
        return _choice(keys)
    key, code = next(iter(keys.items()))
    if code[0].islower():
        return _primitives(key, code)
    if code in _SELF_NAMED:
        return lambda owner: [] if owner.get(key) is None else _collected(owner, key, code)

    def objects(owner: Json) -> list[Item]:
        found = owner.get(key)
        if found is None:
            return []
        if type(found) is list:
            return [_item(Item, (part, None, code, key, index)) for index, part in enumerate(found)]
        return [_item(Item, (found, None, code, key, -1))]

    return objects


def _primitives(key: str, code: str) -> Gather:
    companion = "_" + key

    def primitives(owner: Json) -> list[Item]:
        if companion in owner:
            return _collected(owner, key, code)
        found = owner.get(key)
        if found is None:
            return []
        if type(found) is list:
            return [_item(Item, (part, None, code, key, index)) for index, part in enumerate(found)]
        return [_item(Item, (found, None, code, key, -1))]

    return primitives


def _choice(keys: Keys) -> Gather:
    forms = {form: (key, code) for key, code in keys.items() for form in (key, "_" + key)}

    def choice(owner: Json) -> list[Item]:
        items: list[Item] = []
        for name in owner:
            form = forms.get(name)
            if form is not None:
                key, code = form
                if name == key or key not in owner:
                    _collect(owner, key, code, owner.get(key), items)
        return items

    return choice


def _collected(owner: Json, key: str, code: str) -> list[Item]:
    items: list[Item] = []
    _collect(owner, key, code, owner.get(key), items)
    return items


def _collect(owner: Json, key: str, code: str, found: Any, items: list[Item]) -> None:
    others = owner.get("_" + key) if code[0].islower() else None
    if type(found) is list:
        if others is None:
            for index, part in enumerate(found):
                items.append(Item(part, None, _code_of(part, code), key, index))
            return
        for index, part in enumerate(found):
            companion = others[index] if type(others) is list and index < len(others) else None
            items.append(Item(part, companion, _code_of(part, code), key, index))
    elif found is None and type(others) is list:
        items += [Item(None, part, code, key, index) for index, part in enumerate(others)]
    else:
        items.append(_item(Item, (found, others, _code_of(found, code), key, -1)))


def _code_of(value: Any, code: str) -> str:
    """The type of a value: a resource says its own."""
    if code in _SELF_NAMED and type(value) is dict:
        name = value.get("resourceType")
        return name if isinstance(name, str) else code
    return code
