"""Checks of the content of matches: what each must have, and what an ``_include`` must bring along."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from harness.core.issues import shortened
from harness.core.run.findings import Finding
from harness.core.text import Phrase, Text
from harness.judge.every_standard.answers import OFFENDERS, Answer, Json, objects, reference_of, searchsets
from harness.judge.every_standard.paging.chains import chain_of
from harness.judge.phrases import no
from harness.judge.view import CellView

_IN_BUNDLE = Text(nl="{reference} in de Bundle", en="{reference} in the Bundle")
_NOT_INCLUDED = Text(nl="niet meegeleverd", en="not included")
Check = Callable[[Json], Phrase]
"""What is wrong with a resource, ``""`` when nothing is."""


def each_match(
    view: CellView,
    requirement: str,
    operation: str,
    check: Check,
    expected: Phrase,
    step: str = "",
    advice: Text | None = None,
    compares: tuple[str, ...] = (),
) -> Iterator[Finding]:
    """One finding per answer without defects, or one per match (at most five) that ``check`` objects to.

    An answer without matches shows nothing and gives no finding: when all are empty the requirement stays
    undecided, never passed.

    :param compares: elements whose values ``check`` computes with; a match in which one is masked is
        undecided.
    """
    for answer in searchsets(view):
        if answer.query.operation != operation or not answer.matches:
            continue
        hidden = {
            path: f"{path}.{name}"
            for path, _ in answer.matches
            for name in compares
            if answer.masks.hides(f"{path}.{name}")
        }
        wrong = [
            (path, problem)
            for path, resource in answer.matches
            if path not in hidden and (problem := check(resource))
        ]
        if hidden:
            yield view.masked(requirement, answer.exchange, next(iter(hidden.values())))
        elif not wrong:
            yield view.ok(requirement, answer.exchange, received=f"{len(answer.matches)}x")
        for path, problem in wrong[:OFFENDERS]:
            where = f"{path}.{step}" if step else path
            line, column = answer.line(where)
            yield view.fail(
                requirement,
                exchange=answer.exchange,
                path=where,
                line=line,
                column=column,
                expected=expected,
                received=shortened(problem),
                next_step=advice,
            )


def lacks(*names: str) -> Check:
    """A check that these elements are present."""

    def check(resource: Json) -> Phrase:
        missing = [name for name in names if not resource.get(name)]
        return no(missing) if missing else ""

    return check


def references(resource: Json, step: str) -> list[str]:
    """References at a dotted path below a resource (lists are walked)."""
    nodes: list[Json] = [resource]
    *parents, last = step.split(".")
    for name in parents:
        nodes = [child for node in nodes for child in objects(node.get(name))]
    return [found for node in nodes for item in objects(node.get(last)) if (found := reference_of(item))]


def resolves(answer: Answer, resource: Json, reference: str) -> bool:
    """Whether a reference points into the Bundle, or at something contained."""
    if reference.startswith("#"):
        return any(item.get("id") == reference[1:] for item in objects(resource.get("contained")))
    return answer.context.find(reference) is not None


def included(
    view: CellView, requirement: str, operation: str, steps: tuple[str, ...], kinds: tuple[str, ...]
) -> Iterator[Finding]:
    """Every reference that an ``_include`` asks for is in the Bundle.

    :param steps: dotted paths of the references in a match.
    :param kinds: resource types that the include is about; references to other types are ignored.
    """
    found = [item for item in searchsets(view) if item.query.operation == operation and item.matches]
    if found and not any(
        references(resource, step) for item in found for _, resource in item.matches for step in steps
    ):
        names = ", ".join(steps)
        yield view.not_tested(
            requirement,
            Text(
                nl=f"geen enkele treffer verwijst via {names}; kies een testpersoon bij wie er iets mee te "
                "leveren is",
                en=f"no match refers by {names}; choose a test person with something to include",
            ),
        )
        return
    for answer in found:
        missing = []
        for path, resource in answer.matches:
            for step in steps:
                for reference in references(resource, step):
                    kind = reference.split("/")[-2] if "/" in reference else ""
                    if kind in ("", *kinds) and not any(
                        resolves(page, resource, reference) for page in chain_of(view, answer).answers
                    ):
                        missing.append((f"{path}.{step.split('.')[0]}", reference))
        if not missing:
            yield view.ok(requirement, answer.exchange)
        nameless = any(answer.masks.hides(f"Bundle.entry.{name}") for name in ("fullUrl", "resource.id"))
        for path, reference in missing[:OFFENDERS]:
            if nameless:  # what is referred to may be there under a name that nobody can read
                yield view.masked(requirement, answer.exchange, path)
                continue
            line, column = answer.line(path)
            yield view.fail(
                requirement,
                exchange=answer.exchange,
                path=path,
                line=line,
                column=column,
                expected=_IN_BUNDLE.format(reference=reference),
                received=_NOT_INCLUDED,
                next_step=Text(
                    nl="Lever de resource mee die met _include is gevraagd (search.mode include).",
                    en="Include the resource that _include asks for (search.mode include).",
                ),
            )
