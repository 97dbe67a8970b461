"""From nodes to their children: by name, all of them, and all below."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from harness.fhir.fhirpath.nodes import Choice, Item, Items, NodeType, RawNode, TypeInfo
from harness.fhir.fhirpath.values.reach import within_reach

_HOLDERS = frozenset((dict, list))


def expand(value: Any, extra: Any, kind: NodeType, parent: RawNode, key: str, out: Items) -> None:
    """Append the node(s) of one JSON value and its ``_key``; list items are paired with theirs by
    position."""
    if type(value) is list:
        extras = extra if type(extra) is list else ()
        known = len(extras)
        if kind.any_resource:
            of = kind.schema.of_resource
            for at, item in enumerate(value):
                out.append((item, of(item, kind), extras[at] if at < known else None, parent, key, at))
        elif not known:
            for at, item in enumerate(value):
                out.append((item, kind, None, parent, key, at))
        else:
            for at, item in enumerate(value):
                out.append((item, kind, extras[at] if at < known else None, parent, key, at))
            for at in range(len(value), known):
                out.append((None, kind, extras[at], parent, key, at))
    elif value is None and type(extra) is list:
        for at, item in enumerate(extra):
            out.append((None, kind, item, parent, key, at))
    elif value is not None or extra is not None:
        if kind.any_resource:
            kind = kind.schema.of_resource(value, kind)
        out.append((value, kind, extra, parent, key, -1))


def _choice(node: RawNode, value: dict[str, Any], choices: dict[str, Choice], out: Items) -> None:
    """Append the value of a choice; the first type in the order of the specification when it has more."""
    hit: Choice | None = None
    for key in value:
        found = choices.get(key)
        if found is not None and (hit is None or found[3] < hit[3]):
            hit = found
    if hit is not None:
        expand(value.get(hit[0]), value.get(hit[1]), hit[2], node, hit[0], out)


def member(coll: Items, name: str) -> Items:
    """Children called ``name`` (a choice by its stem or by its JSON key) of every node of ``coll``."""
    out: Items = []
    for node in coll:
        if node.__class__ is not tuple:
            out += _of_type_info(node, name)
            continue
        value, kind, extra = node[0], node[1], node[2]
        if value.__class__ is dict:
            field = kind.fields.get(name) or kind.field(name)
            choices = field[4]
            if choices is not None:
                _choice(node, value, choices, out)
                continue
            key = field[0]
            child = value.get(key)
            if field[3] and field[1] not in value:
                if child.__class__ is list:
                    type_ = field[2]
                    for at, item in enumerate(child):
                        out.append((item, type_, None, node, key, at))
                    continue
                if child is not None:
                    out.append((child, field[2], None, node, key, -1))
                    continue
                if extra.__class__ is dict:
                    expand(extra.get(key), None, field[2], node, key, out)
                continue
            more = value.get(field[1])
            if more is None and child.__class__ is dict and field[2].any_resource:
                out.append((child, field[2].schema.of_resource(child, field[2]), None, node, key, -1))
            elif more is None and child.__class__ is str:
                out.append((child, field[2], None, node, key, -1))
            elif child is None and more is None:
                if extra.__class__ is dict:
                    expand(extra.get(key), extra.get(field[1]), field[2], node, key, out)
            else:
                expand(child, more, field[2], node, key, out)
        elif extra.__class__ is dict and name in extra:
            _of_companion(node, name, out)
    return out


def member_or_value(coll: Items, name: str) -> Items:
    """Like :func:`member` for ``value`` where a primitive has one: its text, as a string."""
    if all(node.__class__ is not tuple or node[0].__class__ in _HOLDERS for node in coll):
        return member(coll, name)
    out: Items = []
    for node in coll:
        value = node[0] if node.__class__ is tuple else None
        if value is None or value.__class__ in _HOLDERS:
            out += member([node], name)
            continue
        if value.__class__ is bool:
            text = "true" if value else "false"
        else:
            text = f"{within_reach(value):f}" if value.__class__ is Decimal else str(value)
        out.append((text, node[1].schema.type("string"), None, node, name, -1))
    return out


def _of_type_info(item: Item, name: str) -> Items:
    """Parts of what ``type()`` gives; no other plain value has any."""
    return [getattr(item, name)] if item.__class__ is TypeInfo and name in ("name", "namespace") else []


def _of_companion(node: RawNode, name: str, out: Items) -> None:
    """Append what stands below a primitive: its id or extensions."""
    extra = node[2]
    field = node[1].field(name)
    if field[4] is None:
        expand(extra[name], extra.get(field[1]), field[2], node, name, out)


def typed_member(coll: Items, name: str, at_root: bool, fold: bool) -> Items:
    """Like :func:`member` for a name that may be a type: a node of that type stands for itself.

    A resource of that name always does; any type does when the name stands at the start of a path
    (``at_root``).
    """
    out: Items = []
    for node in coll:
        if node.__class__ is tuple:
            kind = node[1]
            value = node[0]
            if value.__class__ is dict and value.get("resourceType") == name:
                out.append(node)
                continue
            if at_root and (name in kind.supers or (fold and name.lower() in kind.supers_folded)):
                out.append(node)
                continue
        out += member([node], name)
    return out


def children(coll: Items) -> Items:
    """All children of every node, in document order."""
    out: Items = []
    append = out.append
    for node in coll:
        if node.__class__ is not tuple:
            continue
        value = node[0]
        if value.__class__ is not dict:
            value = node[2]
            if node[0].__class__ is list or value.__class__ is not dict:
                _list_items(node, out)
                continue
        kind = node[1]
        fields = kind.fields
        for key, child in value.items():
            field = fields.get(key)
            if field is None:
                if key[:1] == "_":
                    _companion_alone(node, value, key, out)
                    continue
                field = kind.field(key)
            if child.__class__ is str:
                if field[1] not in value and not field[2].any_resource:
                    append((child, field[2], None, node, key, -1))
                    continue
            elif field[3] and field[1] not in value:
                if child.__class__ is list:
                    type_ = field[2]
                    for at, item in enumerate(child):
                        append((item, type_, None, node, key, at))
                    continue
                if child.__class__ is dict:
                    append((child, field[2], None, node, key, -1))
                    continue
            if field[4] is None and key[:1] != "_" and key != "resourceType":
                expand(child, value.get(field[1]), field[2], node, key, out)
    return out


def _list_items(node: RawNode, out: Items) -> None:
    """Append the items of a list in a list: no FHIR, but nothing may disappear."""
    if node[0].__class__ is list:
        for at, item in enumerate(node[0]):
            expand(item, None, node[1].schema.unknown, node, str(at), out)


def _companion_alone(node: RawNode, owner: dict[str, Any], key: str, out: Items) -> None:
    """Append the primitive of a ``_key`` that stands without its ``key``."""
    name = key[1:]
    if name not in owner:
        field = node[1].field(name)
        if field[4] is None:
            expand(None, owner[key], field[2], node, name, out)


def descendants(coll: Items, limit: int) -> Items:
    """All nodes below ``coll``, level by level; stops growing past ``limit`` nodes (the caller checks)."""
    out: Items = []
    level = children(coll)
    while level and len(out) <= limit:
        out += level
        level = children([n for n in level if n[0].__class__ in _HOLDERS or n[2] is not None])
    return out
