"""JSON documents in which places hold what nobody expects there."""

from __future__ import annotations

import copy
import json
import random
from decimal import Decimal
from typing import Any, Final

Json = dict[str, Any]

JUNK: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 10**18, 10**30, 1.5, "", " ", "x", "\x00", "\ud800", "é" * 300, "a" * 5_000, "1/0", "1e999999999",
    "#", "#x", "../x", "urn:uuid:", "http://[", "https://x:99999999/", "Patient/", "2024-02-30", "0000-00-00T25:61:61+99:99",
    "9999-12-31T23:59:59.999999999Z", "0001-01-01T00:00:00+14:00", "data:;base64,====", "%ff%00", "[", "(((", "1 'mg'",
    [], [[]], [None], ["x"], [{}], {}, {"x": {}}, {"resourceType": "Patient"}, {"resourceType": 5}, {"reference": "#x"},
    {"value": "x", "code": [], "system": 5}, {"coding": [None, 5, {"code": {}}]}, {"start": 5, "end": []},
    {"family": 1, "given": "x"}, {"extension": [{"url": 5, "extension": "x"}]},
    Decimal("1e999999999"), Decimal("-1e-999999999"), Decimal("0.00000000000000000000000000000001"), Decimal("1e400"),
)  # fmt: skip


class _Number(float):
    """A decimal as the JSON writer takes it: written as it is."""

    def __init__(self, value: Decimal) -> None:
        self.text = str(value)

    def __new__(cls, value: Decimal) -> _Number:
        return super().__new__(cls, 0.0)

    def __repr__(self) -> str:
        return self.text


def places(node: Any) -> list[tuple[Any, Any]]:
    """Every place in a document: its parent, and key or index."""
    found: list[tuple[Any, Any]] = []
    waiting = [node]
    while waiting:
        one = waiting.pop()
        keys = one if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        for key in keys:
            found.append((one, key))
            waiting.append(one[key])
    return found


def _deep(levels: int) -> Any:
    made: Any = "x"
    for number in range(levels):
        made = {"extension": [made]} if number % 2 else {"contained": [made]}
    return made


def spoilt(document: Any, dice: random.Random) -> Any:
    """A copy in which one to six places are exchanged, doubled, moved, renamed or dropped."""
    made = copy.deepcopy(document)
    for _ in range(dice.randint(1, 6)):
        found = places(made)
        if not found:
            break
        parent, key = dice.choice(found)
        way = dice.randrange(10)
        if way < 5:
            parent[key] = copy.deepcopy(dice.choice(JUNK))
        elif way == 5:
            other, place = dice.choice(found)
            parent[key] = copy.deepcopy(other[place]) if place in other or isinstance(other, list) else None
        elif way == 6 and isinstance(parent, list):
            parent += [copy.deepcopy(parent[key])] * dice.choice((1, 2, 40))
        elif way == 7 and isinstance(parent, dict):
            name = dice.choice(
                (str(key) + "x", "_" + str(key), "value", "extension", "contained", "id", "", "resourceType")
            )
            parent[name] = parent.pop(key)
        elif way == 8:
            parent[key] = _deep(dice.choice((3, 40, 150)))
        elif isinstance(parent, dict):
            del parent[key]
        else:
            parent[key] = [parent[key]]
    return made


def written(document: Any) -> bytes:
    """A document as JSON, exact numbers and lone surrogates included."""

    def plain(node: Any) -> Any:
        if isinstance(node, dict):
            return {str(key): plain(value) for key, value in node.items()}
        if isinstance(node, list):
            return [plain(value) for value in node]
        return _Number(node) if isinstance(node, Decimal) else node

    return json.dumps(plain(document)).encode()
