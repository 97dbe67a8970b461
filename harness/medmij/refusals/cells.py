"""Which refused requests are sent: rows times what they are about, at ``normal`` a sample of them.

Every row is sent at ``normal`` for one operation, in turns, and a few cells always: those that a mutation run
found to see every door together (``sample`` in the data file). At ``full`` every cell is sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from harness.core.data import data_path
from harness.core.standards.queries import Query, load_queries
from harness.core.standards.table import Standard
from harness.core.yamlfile import load_yaml
from harness.medmij.refusals.rows import Group, Row, groups

MOST_OPERATIONS: Final = 10
"""Operations of the axis ``data``: every service is searched, then documents, sharing and reading by id."""
ROUTE_TOKENS: Final = ("none", "garbage")


@dataclass(frozen=True)
class Operation:
    """What a legal request with the right token does at one endpoint.

    :ivar kind: ``search``, ``read``, ``document`` or ``write``.
    :ivar standard: whose service it is.
    :ivar query: what it sends; ``search``: the standard's first search, which finds what is read.
    """

    kind: str
    standard: Standard
    query: Query
    search: Query

    @property
    def name(self) -> str:
        """As it is noted: ``hg-search``."""
        return f"{self.standard.short}-{self.kind}"

    @property
    def service(self) -> str:
        """GegevensdienstId of its endpoint."""
        if self.kind == "write" and self.standard.share is not None:
            return self.standard.share.id
        return self.standard.collect.id

    @property
    def type(self) -> str:
        """The resource type that it asks for."""
        return self.search.path.partition("/")[0]


@dataclass(frozen=True)
class Cell:
    """One request that must be refused.

    :ivar on: what it is about: an operation, a kind of grant, ``""``.
    """

    group: Group
    row: Row
    on: str = ""
    operation: Operation | None = None

    @property
    def note(self) -> dict[str, str]:
        """What the recording says of it."""
        return {"group": self.group.id, "row": self.row.row, "on": self.on}


def operations(offered: Sequence[Standard]) -> list[Operation]:
    """The operations of some standards, each service once before any twice."""
    searches, reads, documents, writes = [], [], [], []
    for item in offered:
        queries = load_queries(item.id)
        plain = next(
            (one for one in queries if one.flow == "collect" and one.each is None and one.path.isalpha()),
            None,
        )
        if plain is None:
            continue
        searches.append(Operation("search", item, plain, plain))
        reads.append(Operation("read", item, plain, plain))
        document = next((one for one in queries if one.document and one.each is not None), None)
        if document is not None:
            documents.append(Operation("document", item, document, plain))
        share = next((one for one in queries if one.flow == "share" and one.body), None)
        if item.share is not None and share is not None:
            writes.append(Operation("write", item, share, plain))
    return [*searches, *documents, *writes, *reads][:MOST_OPERATIONS]


def cells(flow: str, release: str, offered: Sequence[Operation], intensity: str) -> list[Cell]:
    """The cells of a flow, in the order in which they are sent."""
    found: list[Cell] = []
    for group in groups().values():
        if group.flow != flow or release not in group.releases:
            continue
        for number, row in enumerate(group.rows):
            if release in row.releases:
                every = list(_of(group, row, offered))
                found += every if intensity == "full" else _sampled(group, row, every, number)
    return found


def _of(group: Group, row: Row, offered: Sequence[Operation]) -> Iterator[Cell]:
    """Every cell of a row."""
    if group.axis in ("grants", "code"):
        kinds = ("code",) if group.axis == "code" else ("code", "refresh")
        yield from (Cell(group, row, kind) for kind in kinds if not row.on or kind in row.on)
    elif group.axis in ("authorize", "walk", "steps"):
        yield Cell(group, row)
    elif group.axis == "once":
        kind = "document" if "{document" in row.path else "search"
        found = [one for one in offered if one.kind == kind]
        if "{page}" in row.path:  # there is one Patient, and never a second page of it
            found = [one for one in found if one.type != "Patient"]
        yield from (Cell(group, row, one.name, one) for one in found[:1])
    elif group.axis == "route":
        tokens = ROUTE_TOKENS if row.token == "own" else (row.token,)
        kind = "document" if "{document" in row.path else "search"
        searched = next((item for item in offered if item.kind == kind), None)
        if searched is not None:
            yield from (Cell(group, row, token, searched) for token in tokens)
    elif group.axis == "cross":
        pairs = [(one, other) for one in offered if (other := other_service(one, offered)) is not None]
        for one, other in pairs[:1] if row.per_kind else pairs:
            yield Cell(group, row, f"{one.name}:{other.type}", one)
    else:
        wanted = {
            "data": ("search", "read", "document", "write"),
            "collect": ("search",),
            "reads": ("read",),
            "documents": ("document",),
            "searches": ("search",),
            "share": ("write",),
        }[group.axis]
        found = [item for item in offered if item.kind in wanted]
        if row.per_kind:
            found = list({item.kind: item for item in reversed(found)}.values())[::-1]
        yield from (Cell(group, row, item.name, item) for item in found)


def other_service(operation: Operation, offered: Sequence[Operation]) -> Operation | None:
    """A search of another service whose type the service of a search never asks for."""
    own = {query.path.partition("/")[0] for query in load_queries(operation.standard.id)}
    searches = [item for item in offered if item.kind == "search"]
    if operation.kind != "search":
        return None
    return next((item for item in searches if item.type not in own), None)


def _sampled(group: Group, row: Row, every: list[Cell], number: int) -> list[Cell]:
    """One cell of a row in turns, both tokens of a route, and those that are always sent."""
    if group.axis in ("route", "grants", "code", "authorize", "walk", "steps") or not every:
        return every
    kept = fixed()
    turn = every[number % len(every)]
    return [item for item in every if item is turn or _key(item) in kept]


def _key(cell: Cell) -> str:
    kind = cell.operation.kind if cell.operation is not None else ""
    return f"{cell.group.id}/{cell.row.row}/{kind}"


@cache
def fixed() -> Collection[str]:
    """Cells that are always sent, as ``group/row/kind of operation``."""
    document = load_yaml(data_path("profiles", "afsprakenstelsel", "refusals-sample.yaml"))
    return frozenset(document.data["cells"])
