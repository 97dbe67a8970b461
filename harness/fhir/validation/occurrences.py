"""The occurrences of an element below an object, as profiles count and check them."""

from __future__ import annotations

from typing import Any, TypeAlias

from harness.fhir.profiles.slicing.items import Item
from harness.fhir.validation.places import Json

Keys: TypeAlias = dict[str, str]
"""JSON key -> type code, of one element."""


def gather(owner: Json, keys: Keys) -> list[Item]:
    """All occurrences of an element below an object, primitives paired with their ``_key``."""
    if len(keys) == 1:
        for key, code in keys.items():
            found = owner.get(key)
            if found is None and (code[0].isupper() or "_" + key not in owner):
                return []
            items: list[Item] = []
            _collect(owner, key, code, found, items)
            return items
    items = []
    for key in owner:
        bare = key[1:] if key[:1] == "_" else key
        choice = keys.get(bare)
        if choice is not None and (bare is key or bare not in owner):
            _collect(owner, bare, choice, owner.get(bare), items)
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
        items.append(Item(found, others, _code_of(found, code), key, -1))


def _code_of(value: Any, code: str) -> str:
    """The type of a value: a resource says its own."""
    if code in ("Resource", "DomainResource") and type(value) is dict:
        name = value.get("resourceType")
        return name if isinstance(name, str) else code
    return code
