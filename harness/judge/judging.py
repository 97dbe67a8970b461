"""Judging a cell: every registered judge over one view, gaps made visible.

Pure: the same view gives the same findings, live and later.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator, Sequence

from harness.core.issues import shorten
from harness.core.run.exchanges import UNREDACTED, Exchange
from harness.core.run.findings import Finding, Where, finding
from harness.core.text import Text
from harness.core.verdicts import SEVERITY, Blame, Verdict
from harness.judge.catalogue import Requirement
from harness.judge.causes import Causes
from harness.judge.registry import Judge, judge_of, name_of
from harness.judge.trust.seen import not_seen
from harness.judge.view import CellView

MAX_FINDINGS = 25
"""Findings per requirement and cell that are kept, worst first; a systematic defect needs no thousand copies.
What is left out is counted in one more finding."""


def judge_requirements(view: CellView, requirement_ids: Iterable[str]) -> list[Finding]:
    """Findings for these requirements of the view's cell, in catalogue order.

    Each id gives at least one finding: a judge without evidence gives ``inconclusive``, a judge that
    crashes gives ``error`` on the harness, never a pass.
    """
    wanted = [view.catalogue[requirement_id] for requirement_id in requirement_ids]
    by_judge: dict[Judge, set[str]] = {}
    for requirement in wanted:
        function = judge_of(requirement)
        if function is not None and requirement.decidable:
            by_judge.setdefault(function, set()).add(requirement.id)
    said: dict[str, list[Finding]] = {}
    for function, ids in by_judge.items():
        for item in _call(function, view, ids):
            said.setdefault(item.requirement, []).append(item)
    causes = Causes(view, lambda ids: _duties(view, ids))
    return [
        item
        for requirement in wanted
        for item in _complete(view, requirement, said.get(requirement.id, []), causes)
    ]


def _duties(view: CellView, ids: Sequence[str]) -> Iterator[Finding]:
    """What the judges of some requirements say, asked or not."""
    for identifier in ids:
        function = judge_of(view.catalogue[identifier])
        if function is not None:
            yield from _call(function, view, {identifier})


def _call(function: Judge, view: CellView, ids: set[str]) -> Sequence[Finding]:
    cache_key = f"judge:{name_of(function)}"

    def compute() -> list[Finding]:
        try:
            return list(function(view))
        except Exception as error:  # noqa: BLE001 - a broken judge must not hide the others' verdicts
            frame = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{frame.name}:{frame.lineno}"
            registered = [item.id for item in view.catalogue if judge_of(item) == function]
            return [
                finding(
                    requirement_id,
                    view.cell,
                    Verdict.ERROR,
                    blame=Blame.HARNESS,
                    received=shorten(f"{type(error).__name__}: {error} ({place})"),
                    next_step=Text(
                        nl="Fout in de harness zelf; meld dit met de run-map.",
                        en="A defect of the harness itself; report it with the run folder.",
                    ),
                )
                for requirement_id in registered
            ]

    found: list[Finding] = view.memo(cache_key, compute)
    return [item for item in found if item.requirement in ids]


def _complete(view: CellView, requirement: Requirement, said: list[Finding], causes: Causes) -> list[Finding]:
    if not requirement.applies_to(view.cell.standard, view.cell.release):
        return [
            view.not_applicable(
                requirement.id,
                Text(
                    nl=f"geldt niet voor {view.cell.standard} in {view.cell.release}",
                    en=f"does not apply to {view.cell.standard} in {view.cell.release}",
                ),
            )
        ]
    if not requirement.decidable:
        return []
    if judge_of(requirement) is None:
        return [
            finding(
                requirement.id,
                view.cell,
                Verdict.ERROR,
                blame=Blame.HARNESS,
                next_step=Text(
                    nl="er is geen toets voor deze eis", en="no judge is registered for this requirement"
                ),
            )
        ]
    if not said:
        said = [_nothing(view, requirement, causes)]
    said = _without_masks(view, requirement, [_not_ours(view, requirement, item) for item in said])
    explained = (causes.explain(requirement, item) for item in said)
    unique = list({item.id: item for item in explained}.values())
    passes = [item for item in unique if item.verdict is Verdict.PASS]
    others = [item for item in unique if item.verdict is not Verdict.PASS]
    return _worst_first(others) if others else [_summary(view, requirement, passes)]


def _nothing(view: CellView, requirement: Requirement, causes: Causes) -> Finding:
    """A judge without evidence: the step that broke, else what was not shown."""
    nothing = Text(nl="geen bewijs in deze run", en="no evidence in this run")
    item = causes.explain(requirement, view.inconclusive(requirement.id, nothing))
    if view.situations and not item.where.exchange:
        return not_seen(view, requirement.id)
    return item


DECIDING = (Verdict.FAIL, Verdict.WARNING, Verdict.INCONCLUSIVE, Verdict.PASS)
"""Verdicts that rest on what was said in an exchange."""


def _not_ours(view: CellView, requirement: Requirement, item: Finding) -> Finding:
    """An objection to an exchange that the recorder could not write down is a defect of this harness.

    What is decided from the facts of the recorder cannot be good either while there is one.
    """
    unread: list[Exchange] = view.memo(
        "unredacted", lambda: [one for one in view.exchanges if UNREDACTED in one.notes]
    )
    if not unread or item.verdict not in DECIDING:
        return item
    passed = item.verdict is Verdict.PASS
    about = unread if requirement.topic in FROM_FACTS or not passed else []
    lost = next((one for one in about if passed or one.id == item.where.exchange), None)
    if lost is None:
        return item
    return finding(
        item.requirement,
        item.cell,
        Verdict.ERROR,
        blame=Blame.HARNESS,
        where=Where(exchange=lost.id),
        received=str(lost.notes[UNREDACTED]),
        next_step=Text(
            nl="De opname kon dit bericht niet veilig opschrijven en heeft het weggelaten: een fout in dit "
            "hulpmiddel. Meld dit.",
            en="The recorder could not write this message down safely and left it out: a defect of this "
            "harness. Please report it.",
        ),
    )


FROM_FACTS = ("identity", "leak")
"""Topics that are decided from the facts of the recorder and from equal tags, never from a value."""


def _without_masks(view: CellView, requirement: Requirement, said: list[Finding]) -> list[Finding]:
    """The mask rule: what a judge objects to and the recorder made so is undecided, never a fault.

    A value that the recorder compared with what is declared, and that is another, remains a difference. One
    finding per exchange tells that something was masked.
    """
    if not requirement.standard or requirement.topic in FROM_FACTS:
        return said
    kept: list[Finding] = []
    told: set[str] = set()
    for item in said:
        exchange = view.exchange(item.where.exchange)
        if exchange is None or not _by_mask(view, requirement, item, exchange):
            kept.append(item)
        elif exchange.id not in told:
            told.add(exchange.id)
            kept.append(view.masked(requirement.id, exchange, item.where.path))
    return kept


def _by_mask(view: CellView, requirement: Requirement, item: Finding, exchange: Exchange) -> bool:
    """Whether an objection depends on a mask."""
    if item.verdict not in (Verdict.FAIL, Verdict.WARNING):
        return False
    masks = view.masks(exchange, "request" if requirement.role == "pgo" else "response")
    if not masks.touches(item.where.path):
        return False
    return masks.differs(item.where.path) is None or view.ownership.misdeclared


def _worst_first(findings: list[Finding]) -> list[Finding]:
    """The worst findings, equally bad ones as the judge gave them; a last one counts what is left out."""
    ordered = sorted(findings, key=lambda item: SEVERITY.index(item.verdict))
    kept, left_out = ordered[:MAX_FINDINGS], ordered[MAX_FINDINGS:]
    if not left_out:
        return kept
    first = left_out[0]
    more = finding(
        first.requirement,
        first.cell,
        first.verdict,
        blame=first.blame,
        party=first.party,
        received=f"+ {len(left_out)}",
        next_step=Text(
            nl=f"Nog {len(left_out)} bevindingen van deze eis in deze cel zijn niet bewaard; los eerst de "
            f"{len(kept)} hiervoor op.",
            en=f"Another {len(left_out)} findings of this requirement in this cell were not kept; solve the "
            f"{len(kept)} before this one first.",
        ),
        mode=first.mode,
    )
    return [*kept, more]


def _summary(view: CellView, requirement: Requirement, passes: list[Finding]) -> Finding:
    """One pass finding per requirement and cell; it points at the first exchange that shows it."""
    first = passes[0]
    if len(passes) == 1:
        return first
    return finding(
        requirement.id,
        view.cell,
        Verdict.PASS,
        where=first.where,
        received=first.seen or f"{len(passes)}x",
        mode=first.mode,
    )
