"""Whether the recorder spoils right answers: cells with cookies, ids and words that only look like something to hide.

    python benchmarks/clean_cells.py [--count 1000] [--first 0] [--json]

Each cell is the whole conversation of a standard with a right HIS. Its ids become others (UUIDs, words, numbers of
which one in eleven passes the eleven-test), its answers get cookies of ordinary words, request numbers and marks
of versions. What the judges say must be what they say of the same conversation as it was. Exit 1: it is not.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "judge"))

from plants_made import WORDS, number
from standard_cell import BASE, StandardCell, T, fresh_twin, own_persons

from harness.core.run.exchanges import Request, Response

STANDARDS: Final = (
    "huisartsgegevens-2.0", "pdfa-3.0", "eafspraak-2.0", "zelfmetingen-2.0", "overgevoeligheden-3.0",
)  # fmt: skip
_COOKIES: Final = ("theme", "consent", "lang", "sid", "tracking", "view", "role")


def new_id(rng: random.Random) -> str:
    """An id as a server gives them."""
    kinds: tuple[Callable[[], str], ...] = (
        lambda: str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        lambda: str(rng.randrange(1, 10 ** rng.randrange(1, 9))),
        lambda: number(rng),
        lambda: f"{rng.randrange(10**8, 10**9)}",
        lambda: f"{rng.choice(WORDS)}-{rng.randrange(10**6)}",
        lambda: f"{rng.getrandbits(96):024x}",
        lambda: f"{rng.choice(('a', 'obs', 'doc', 'enc'))}{rng.randrange(10**9, 10**12)}",
    )
    return rng.choice(kinds)()


class Renamed:
    """A right HIS whose ids are others.

    :param ids: what each id becomes.
    """

    def __init__(self, ids: dict[str, str], rng: random.Random) -> None:
        self._ids, self._rng = ids, rng
        self._back = {new: old for old, new in ids.items()}
        self._twin = fresh_twin("xml-includes", T)
        self._out = _pattern(ids)
        self._in = _pattern(self._back)

    def __call__(self, request: Request, whose: str | None) -> Response:
        def old(text: str) -> str:
            return self._in.sub(lambda match: self._back[match.group()], text)

        def new(text: str) -> str:
            return self._out.sub(lambda match: self._ids[match.group()], text)

        asked = msgspec.structs.replace(request, url=old(request.url))
        response = self._twin.handle(asked, whose, BASE, scratch="cell")
        body = response.body
        if not body.startswith(b"%PDF"):
            body = new(body.decode()).encode()
        rng = self._rng
        headers = (
            *((name, new(value)) for name, value in response.headers),
            ("Set-Cookie", f"{rng.choice(_COOKIES)}={rng.choice(WORDS)}; Path=/"),
            (
                "Set-Cookie",
                f"{rng.choice(_COOKIES)}={rng.randrange(10 ** rng.randrange(1, 12))}; Path=/; HttpOnly",
            ),
            ("X-Request-Id", rng.choice((str(uuid.UUID(int=rng.getrandbits(128), version=4)), number(rng)))),
            ("X-Total-Count", str(rng.randrange(10 ** rng.randrange(1, 10)))),
        )
        return Response(status=response.status, headers=headers, body=body)


def _pattern(ids: dict[str, str]) -> re.Pattern[str]:
    found = "|".join(map(re.escape, sorted(ids, key=len, reverse=True)))
    return re.compile(rf"(?<![A-Za-z0-9.-])(?:{found})(?![A-Za-z0-9.-])")


def verdicts(cell: StandardCell) -> dict[str, list[str]]:
    """What the judges say."""
    found: dict[str, list[str]] = {}
    for item in cell.findings():
        found.setdefault(item.requirement, []).append(item.verdict.value)
    return {name: sorted(said) for name, said in found.items()}


def changed(seed: int, right: dict[str, dict[str, list[str]]]) -> dict[str, Any]:
    """Requirements that are judged otherwise in the cell of a seed."""
    rng = random.Random(seed)
    standard = STANDARDS[seed % len(STANDARDS)]
    record = own_persons(T).of("hanna-wilgenkamp", standard)
    assert record is not None
    olds = [stored.key.partition("/")[2] for stored in record if stored.type != "Patient"]
    ids: dict[str, str] = {}
    for old in olds:
        while (new := new_id(rng)) in ids.values():
            continue
        ids[old] = new
    said = verdicts(StandardCell(standard, handle=Renamed(ids, rng), flows=("collect",)))
    before = right[standard]
    return {
        name: [before.get(name), said.get(name)]
        for name in sorted(before.keys() | said.keys())
        if set(before.get(name, ())) != set(said.get(name, ()))
    }


def main() -> int:
    """Drive, judge and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    begun = time.process_time()
    right = {standard: verdicts(StandardCell(standard, flows=("collect",))) for standard in STANDARDS}
    judged = sum(len(said) for said in right.values())
    spoiled: dict[int, dict[str, Any]] = {}
    for seed in range(options.first, options.first + options.count):
        if other := changed(seed, right):
            spoiled[seed] = other
    told = {
        "cells": options.count,
        "requirements": judged,
        "changed": len(spoiled),
        "which": {str(seed): other for seed, other in list(spoiled.items())[:20]},
        "seconds": round(time.process_time() - begun, 1),
    }
    if options.json:
        print(json.dumps(told, indent=1))
    else:
        for seed, other in told["which"].items():
            print(seed, other)
        print(
            f"{options.count} cells, {judged} requirements in {len(STANDARDS)} standards: "
            f"{len(spoiled)} cells with another verdict, {told['seconds']} s of CPU"
        )
    return 1 if spoiled else 0


if __name__ == "__main__":
    sys.exit(main())
