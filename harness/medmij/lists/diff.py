"""What changed between two versions of a list, per entry."""

from __future__ import annotations

from typing import Literal

import msgspec

from harness.core.errors import UsageError
from harness.core.text import Text
from harness.medmij.lists.model import AnyList, LinkList, Ocl, ServiceNames, Zal


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One entry (by its unique key) that was added, removed or changed; ``fields`` names what changed."""

    kind: Literal["added", "removed", "changed"]
    key: str
    fields: tuple[str, ...] = ()


def entries(document: AnyList) -> dict[str, object]:
    """Entries by their unique key: provider name, client host, service id, node host."""
    if isinstance(document, Zal | LinkList):
        return {item.name: item for item in document.providers}
    if isinstance(document, Ocl):
        return {item.hostname: item for item in document.clients}
    if isinstance(document, ServiceNames):
        return {item.id: item for item in document.services}
    return dict.fromkeys(document.hostnames, "")


def diff(old: AnyList, new: AnyList) -> tuple[Change, ...]:
    """Changes from ``old`` to ``new``, sorted by key; timestamp and sequence do not count.

    :raises UsageError: the lists are of different kinds.
    """
    if type(old) is not type(new):
        raise UsageError(
            Text(nl="twee verschillende soorten lijsten", en="two different kinds of lists"),
            expected=type(old).__name__,
            received=type(new).__name__,
        )
    before, after = entries(old), entries(new)
    changes = []
    for key in sorted(before.keys() | after.keys()):
        if key not in before:
            changes.append(Change(kind="added", key=key))
        elif key not in after:
            changes.append(Change(kind="removed", key=key))
        elif before[key] != after[key]:
            changes.append(Change(kind="changed", key=key, fields=_fields(before[key], after[key])))
    return tuple(changes)


def _fields(old: object, new: object) -> tuple[str, ...]:
    left, right = msgspec.to_builtins(old), msgspec.to_builtins(new)
    return tuple(name for name in left if left[name] != right[name]) if isinstance(left, dict) else ()
