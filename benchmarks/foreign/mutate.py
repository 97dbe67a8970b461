"""Generic changes of a JSON resource, by seed. They know JSON and nothing of FHIR: no types, no rules, no names.

Each takes a random place. Many changes leave a resource valid and many break it; which is for the validators to say.
"""

from __future__ import annotations

import copy
import random
import string
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

Json = Any
Operator = Callable[[random.Random, list["Slot"]], bool]


class Slot(NamedTuple):
    """One place in a document: the container and the key or index in it."""

    owner: Any
    key: Any

    @property
    def value(self) -> Any:
        return self.owner[self.key]

    def put(self, value: Any) -> None:
        self.owner[self.key] = value


class Mutant(NamedTuple):
    """One changed document and the operator that changed it."""

    operator: str
    origin: str
    resource: Json


def slots(value: Any) -> Iterator[Slot]:
    """Every place below a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(items):
        yield Slot(value, key)
        yield from slots(item)


def _delete(rng: random.Random, places: list[Slot]) -> bool:
    place = rng.choice(places)
    del place.owner[place.key]
    return True


def _duplicate(rng: random.Random, places: list[Slot]) -> bool:
    lists = [p for p in places if isinstance(p.owner, list)]
    if not lists:
        return False
    place = rng.choice(lists)
    place.owner.insert(place.key, copy.deepcopy(place.value))
    return True


def _retype(rng: random.Random, places: list[Slot]) -> bool:
    place = rng.choice(places)
    value = place.value
    if isinstance(value, bool):
        place.put(str(value).lower())
    elif isinstance(value, (int, float, Decimal)):
        place.put(str(value))
    elif isinstance(value, str):
        place.put(rng.choice([7, True, [value], {"value": value}]))
    elif isinstance(value, list):
        place.put(value[0] if value else {})
    else:
        place.put(rng.choice([[value], "text"]))
    return True


def _swap(rng: random.Random, places: list[Slot]) -> bool:
    first, second = rng.choice(places), rng.choice(places)
    if type(first.value) is not type(second.value) or isinstance(first.value, (dict, list)):
        return False
    one, two = first.value, second.value
    first.put(two)
    second.put(one)
    return one != two


def _perturb(rng: random.Random, places: list[Slot]) -> bool:
    plain = [
        p for p in places if isinstance(p.value, (str, int, float, Decimal)) and not isinstance(p.value, bool)
    ]
    if not plain:
        return False
    place = rng.choice(plain)
    value = place.value
    if not isinstance(value, str):
        place.put(rng.choice([-value, value + 1, value * 1000, 0]))
        return True
    at = rng.randrange(len(value) + 1)
    letter = rng.choice(string.ascii_letters + string.digits + " -_./:#|")
    kind = rng.randrange(5)
    if kind == 0:
        place.put(value[:at] + letter + value[at + 1 :])
    elif kind == 1:
        place.put(value[:at] + letter + value[at:])
    elif kind == 2:
        place.put(value[:at])
    elif kind == 3:
        place.put(value.swapcase())
    else:
        place.put(value[:at] + value[at + 1 :])
    return place.value != value


def _relabel(rng: random.Random, places: list[Slot]) -> bool:
    named = [p for p in places if isinstance(p.owner, dict)]
    if not named:
        return False
    place = rng.choice(named)
    name = rng.choice(
        [rng.choice(named).key, place.key + "s", place.key[:-1], place.key.swapcase(), "_" + place.key]
    )
    if not name or name in place.owner:
        return False
    content = {(name if key == place.key else key): value for key, value in place.owner.items()}
    place.owner.clear()
    place.owner.update(content)
    return True


def _move(rng: random.Random, places: list[Slot]) -> bool:
    source, target = rng.choice(places), rng.choice(places)
    if not isinstance(target.value, dict) or isinstance(source.key, int) or source.key in target.value:
        return False
    value, place = copy.deepcopy(source.value), target.value
    del source.owner[source.key]
    place[source.key] = value
    return True


def _graft(rng: random.Random, places: list[Slot]) -> bool:
    source, target = rng.choice(places), rng.choice(places)
    if target.value == source.value:
        return False
    target.put(copy.deepcopy(source.value))
    return True


def _empty(rng: random.Random, places: list[Slot]) -> bool:
    place = rng.choice(places)
    value = place.value
    place.put({} if isinstance(value, dict) else [] if isinstance(value, list) else rng.choice(["", None]))
    return True


OPERATORS: dict[str, Operator] = {
    "delete": _delete,
    "duplicate": _duplicate,
    "retype": _retype,
    "swap": _swap,
    "perturb": _perturb,
    "relabel": _relabel,
    "move": _move,
    "graft": _graft,
    "empty": _empty,
}


def mutants(sources: dict[str, Json], count: int, seed: int) -> Iterator[Mutant]:
    """``count`` mutants, operators in turn, each of a random source."""
    rng = random.Random(seed)
    names = sorted(sources)
    operators = sorted(OPERATORS)
    made = tries = 0
    while made < count and tries < 20 * count:
        tries += 1
        operator, origin = operators[made % len(operators)], rng.choice(names)
        resource = copy.deepcopy(sources[origin])
        places = list(slots(resource))
        if places and OPERATORS[operator](rng, places) and resource:
            made += 1
            yield Mutant(operator, origin, resource)
