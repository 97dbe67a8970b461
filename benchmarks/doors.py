"""Does the refusal matrix notice every door? Conditions of our DVZA's code are flipped one at a time.

Each condition (``if``, ``while``, conditional expression, comparison or boolean expression that is returned or
assigned) becomes true, false, negated, or loses one operand. The operators know nothing of the matrix. A mutant is
a *door* when at ``full``, or in flows beside the matrix, a refusal became an acceptance; each of these is a finding
of the requirement that the cell is about. At ``normal`` it is noticed when one of the sampled cells shows it::

    python benchmarks/doors.py [--module token] [--limit N] [--release mm-2.2] [--json FILE]

Mutants live in this process only: the functions of a module get the code of its changed source.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import json
import random
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import FunctionType, ModuleType

import msgspec

from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Cell
from harness.judge.catalogue import load_catalogue
from harness.judge.trust.refusals.findings import judged
from harness.judge.trust.refusals.tried import Tried, tried
from harness.judge.trust.steps import trust
from harness.judge.view import CellView
from harness.medmij.refusals.rows import flows as refusal_flows
from harness.network.file import read_network
from harness.network.running import RunningNetwork, start

T = date(2026, 3, 1)
MODULES = (
    "harness.network.twins.dvza.resource",
    "harness.network.twins.dvza.token",
    "harness.network.twins.dvza.permitted",
    "harness.network.twins.dvza.state",
    "harness.network.twins.dvza.authorize",
    "harness.network.twins.dvza.steps",
    "harness.network.twins.dvza.front",
    "harness.medmij.token",
    "harness.medmij.authorization",
    "harness.medmij.resource",
    "harness.medmij.scope",
    "harness.medmij.urls",
    "harness.core.http.credentials",
)
FLOWS = {
    "resource": ("refused-data", "refused-persons", "refused-routes", "refused-aged", "neg-ocl-service"),
    "permitted": ("refused-data", "refused-persons", "refused-routes"),
    "credentials": ("refused-data", "refused-routes"),
    "authorize": ("refused-authorization",),
    "urls": ("refused-authorization",),
    "scope": ("refused-authorization", "neg-ocl-service"),
    "authorization": ("refused-authorization",),
    "token": ("refused-token", "refused-aged", "neg-code-twice", "refresh", "neg-ocl-service"),
}
"""The flows that reach a module, by the last part of its name; all of them for the others."""
BESIDE = (
    "neg-consent-refused",
    "neg-age-15",
    "neg-no-relation",
    "neg-code-twice",
    "refresh",
    "neg-ocl-service",
)
"""Behaviour outside the matrix that can open too."""


PATIENCE = 90
"""Seconds for one mutant: some leave every request without an answer."""


class TooLong(BaseException):
    """A mutant took more than :data:`PATIENCE`; no ``except Exception`` on the way stops it."""


@contextmanager
def patience() -> Iterator[None]:
    """Stop what takes too long; what was recorded is judged."""

    def stop(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        with suppress(TooLong):
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@dataclass(frozen=True)
class Mutant:
    """One flipped condition."""

    module: str
    line: int
    operator: str
    source: str


def conditions(tree: ast.AST) -> Iterator[ast.expr]:
    """Every condition of a module, by a rule that does not know what it is about."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If | ast.While | ast.IfExp | ast.Assert):
            yield node.test
        elif isinstance(node, ast.comprehension):
            yield from node.ifs
        elif isinstance(node, ast.Return | ast.Assign) and isinstance(node.value, ast.BoolOp | ast.Compare):
            yield node.value


def versions(condition: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """The flipped forms of one condition."""
    yield "true", ast.Constant(value=True)
    yield "false", ast.Constant(value=False)
    yield "negated", ast.UnaryOp(op=ast.Not(), operand=condition)
    if isinstance(condition, ast.BoolOp):
        for index in range(len(condition.values)):
            kept = [item for place, item in enumerate(condition.values) if place != index]
            yield (
                f"without {index}",
                kept[0] if len(kept) == 1 else ast.BoolOp(op=condition.op, values=kept),
            )


def mutants(name: str) -> Iterator[tuple[Mutant, ast.Module]]:
    """Every mutant of a module, with its tree."""
    path = Path(importlib.import_module(name).__file__ or "")
    source = path.read_text(encoding="utf-8")
    count = len(list(conditions(ast.parse(source))))
    for index in range(count):
        shown = list(conditions(ast.parse(source)))[index]
        if "fault(" in ast.unparse(shown):
            continue  # a switch for tests is no condition of a DVZA
        for number, (operator, _) in enumerate(versions(shown)):
            tree = ast.parse(source)
            target = list(conditions(tree))[index]
            changed = list(versions(copy.deepcopy(target)))[number][1]
            _Put(target, ast.copy_location(changed, target)).visit(tree)
            ast.fix_missing_locations(tree)
            yield Mutant(name, target.lineno, operator, ast.unparse(shown)[:90]), tree


class _Put(ast.NodeTransformer):
    """Put one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self._new if node is self._old else super().visit(node)


class Swapped:
    """The functions of a module run the code of a changed tree while this is open."""

    def __init__(self, name: str, tree: ast.Module) -> None:
        self._module = importlib.import_module(name)
        self._tree = tree
        self._kept: list[tuple[FunctionType, object]] = []

    def __enter__(self) -> None:
        other = ModuleType(self._module.__name__)
        other.__dict__.update(__file__=self._module.__file__, __package__=self._module.__package__)
        sys.modules["__doors__"] = other
        code = compile(self._tree, self._module.__file__ or "", "exec")
        exec(code, other.__dict__)
        for old, new in _pairs(self._module, other):
            self._kept.append((old, old.__code__))
            if len(old.__code__.co_freevars) == len(new.__code__.co_freevars):
                old.__code__ = new.__code__

    def __exit__(self, *error: object) -> None:
        for function, code in self._kept:
            function.__code__ = code  # type: ignore[assignment]


def _pairs(old: object, new: object) -> Iterator[tuple[FunctionType, FunctionType]]:
    """Functions and methods of the same name in two modules or classes."""
    for name, value in list(vars(old).items()):
        other = vars(new).get(name)
        value, other = getattr(value, "fget", value), getattr(other, "fget", other)
        if isinstance(value, FunctionType) and isinstance(other, FunctionType):
            yield value, other
        elif (
            isinstance(value, type)
            and isinstance(other, type)
            and value.__module__ == getattr(old, "__name__", getattr(old, "__module__", ""))
        ):
            yield from _pairs(value, other)


@dataclass(frozen=True)
class Seen:
    """What a run of requests saw: refusals that were none, by cell, and whether legal requests still work."""

    open: frozenset[str]
    failing: bool


def key(group: str, row: str, on: str) -> str:
    return f"{group}/{row}/{on}"


def read(running: RunningNetwork, cell: Cell, catalogue) -> tuple[Tried, ...]:  # type: ignore[no-untyped-def]
    """The requests that were sent."""
    view = CellView(cell, running.recorder.exchanges(cell.key), catalogue, t=T, now=running.clock.now())
    return tried(trust(view))


def drive(running: RunningNetwork, cell: Cell, flows: tuple[str, ...], catalogue) -> Seen:  # type: ignore[no-untyped-def]
    """Drive flows and say which refusals became acceptances."""
    before = len(running.recorder.exchanges(cell.key))
    with patience():
        for flow in flows:
            try:
                running.drive(cell, flow)
            except Exception:
                continue
    exchanges = running.recorder.exchanges(cell.key)[before:]
    view = CellView(cell, exchanges, catalogue, t=T, now=running.clock.now())
    found = {
        key(item.tried.group.id, item.tried.row.row, item.tried.on)
        for item in judged(trust(view))
        if item.outcome in ("open", "accepted")
    }
    found |= {f"beside/{item.flow}" for item in exchanges if item.flow in BESIDE and _gave(item)}
    controls = [item for item in exchanges if "control" in item.notes]
    failing = any(item.response is None or item.response.status >= 300 for item in controls)
    return Seen(frozenset(found), failing)


def _gave(item: Exchange) -> bool:
    """Whether an exchange of a flow that must end in nothing gave a token or data."""
    if item.response is None or item.response.status >= 300:
        return False
    again = item.operation in ("token-code-again", "token-refresh-again")
    if item.flow in ("neg-code-twice", "refresh"):
        return again
    return item.interface in ("token", "resource")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--module", default="")
    parser.add_argument("--limit", type=int, default=0, help="a random choice of so many mutants")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--release", default="mm-2.2")
    parser.add_argument("--json", default="")
    options = parser.parse_args(arguments)
    catalogue = load_catalogue()
    chosen = [item for name in MODULES if options.module in name for item in mutants(name)]
    if options.limit:
        chosen = random.Random(options.seed).sample(chosen, min(options.limit, len(chosen)))
    cell = Cell(
        his="his-eik",
        dvza="dvza-eik",
        pgo="pgo-zon",
        standard="huisartsgegevens-2.0",
        release=options.release,
    )
    every = (*refusal_flows(), *BESIDE)
    with start(read_network("demo"), t=T, intensity="normal") as running:
        drive(running, cell, refusal_flows(), catalogue)
        sampled = {key(item.group.id, item.row.row, item.on) for item in read(running, cell, catalogue)}
    with start(read_network("demo"), t=T, intensity="full") as running:
        reference = drive(running, cell, every, catalogue)
    rows: list[dict[str, object]] = []
    doors: list[frozenset[str]] = []
    for mutant, tree in chosen:
        begun = time.perf_counter()
        try:
            with start(read_network("demo"), t=T, intensity="full") as running, Swapped(mutant.module, tree):
                seen = drive(running, cell, FLOWS.get(mutant.module.rpartition(".")[2], every), catalogue)
        except Exception as error:
            rows.append({**mutant.__dict__, "broken": f"{type(error).__name__}: {error}"[:200]})
            continue
        opened = seen.open - reference.open
        rows.append(
            {
                **mutant.__dict__,
                "open": sorted(opened),
                "normal": sorted(item for item in opened if item in sampled or item.startswith("beside/")),
                "failing": seen.failing and not reference.failing,
                "seconds": round(time.perf_counter() - begun, 1),
            }
        )
        if opened:
            doors.append(opened)
        print(json.dumps(rows[-1])[:260], flush=True)
        if options.json:
            Path(options.json).write_bytes(msgspec.json.encode(rows))
    opened_rows = [row for row in rows if row.get("open")]
    normal = sum(bool(row["normal"]) for row in opened_rows)
    broken = sum(bool(row.get("failing") or row.get("broken")) and not row.get("open") for row in rows)
    print(
        f"{len(rows)} mutants: {len(doors)} doors, {broken} broke legal requests, the rest changed nothing seen"
    )
    print(f"doors noticed: full {len(doors)}, normal {normal}; cells that see all: {greedy(doors)}")
    return 0 if normal >= 0.95 * len(doors) else 1


def greedy(doors: list[frozenset[str]]) -> list[str]:
    """Few cells that together see every door, as the data file names them (group/row/kind of operation)."""
    left = [{_kind(item) for item in door if not item.startswith("beside/")} for door in doors]
    left = [door for door in left if door]
    chosen: list[str] = []
    while left:
        count: dict[str, int] = {}
        for door in left:
            for item in door:
                count[item] = count.get(item, 0) + 1
        best = max(sorted(count), key=count.__getitem__)
        chosen.append(best)
        left = [door for door in left if best not in door]
    return sorted(chosen)


def _kind(item: str) -> str:
    group, row, on = item.split("/", 2)
    return f"{group}/{row}/{on.rpartition('-')[2] if group.startswith('RS-') and group != 'RS-route' else ''}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
