"""Runs many scripts, beside each other where that is safe.

Scripts of a patient whose records some script changes run one after the other; all others run beside each
other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from harness.core.contracts import prepare_structs
from harness.core.errors import HarnessError
from harness.core.text import Text
from harness.core.verdicts import Blame
from harness.testscript.outcome.results import ScriptResult
from harness.testscript.plan.items import Item, problem_result
from harness.testscript.read.tokens import tokens_in


def run_all(
    items: Sequence[Item], one: Callable[[Item], ScriptResult], *, parallel: int = 1
) -> Iterator[tuple[Item, ScriptResult]]:
    """Run all items; results come in the order of the items."""
    if parallel <= 1:
        for item in items:
            yield item, _guarded(item, one)
        return

    def run_group(group: list[Item]) -> list[ScriptResult]:
        return [_guarded(item, one) for item in group]

    prepare_structs()
    with ThreadPoolExecutor(max_workers=parallel) as pool:
        places: dict[int, tuple[Future[list[ScriptResult]], int]] = {}
        for group in groups(items):
            future = pool.submit(run_group, group)
            places.update({id(item): (future, position) for position, item in enumerate(group)})
        for item in items:
            future, position = places[id(item)]
            yield item, future.result()[position]


def groups(items: Sequence[Item]) -> list[list[Item]]:
    """Groups that may run beside each other; within a group one after the other, in order."""
    written = {
        token for item in items if item.script and item.script.writes for token in tokens_in(item.script)
    }
    shared: dict[str, list[Item]] = {}
    result: list[list[Item]] = []
    for item in items:
        touched = sorted(tokens_in(item.script) & written) if item.script else []
        if not touched:
            result.append([item])
            continue
        group = next((shared[token] for token in touched if token in shared), None)
        if group is None:
            group = []
            result.append(group)
        for token in touched:
            shared.setdefault(token, group)
        group.append(item)
    return result


def _guarded(item: Item, one: Callable[[Item], ScriptResult]) -> ScriptResult:
    """A defect of the engine becomes an error of that script; the run goes on."""
    try:
        return one(item)
    except HarnessError as error:
        return problem_result(item, error)
    except Exception as error:  # noqa: BLE001 - one script must not end the run
        problem = HarnessError(
            Text(nl="interne fout bij uitvoeren", en="internal error while executing"),
            where=item.file,
            received=f"{type(error).__name__}: {error}",
        )
        return problem_result(item, problem, Blame.HARNESS)
