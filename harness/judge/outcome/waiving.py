"""What waivers do to findings: which are covered, which waivers expired, which cover nothing any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from harness.core.clock import AMSTERDAM
from harness.core.run.agreed.waivers import Waiver, fingerprint
from harness.core.run.findings import Finding
from harness.core.run.info import RunInfo
from harness.core.verdicts import Verdict
from harness.judge.catalogue import Catalogue
from harness.judge.outcome.tally import key_of

_DECIDED = (Verdict.PASS, Verdict.WARNING, Verdict.FAIL, Verdict.NOT_APPLICABLE)


@dataclass(frozen=True)
class Cover:
    """What the waivers of a run do on a day.

    :ivar waived: the waiver that covers a finding, by id of the finding.
    :ivar stale: valid waivers of requirements that were decided without the finding that they name.
    :ivar expired: waivers that hold no longer.
    """

    waived: Mapping[str, Waiver] = field(default_factory=dict)
    stale: tuple[Waiver, ...] = ()
    expired: tuple[Waiver, ...] = ()


def day_of(info: RunInfo) -> date:
    """The day of a run in Amsterdam."""
    return datetime.fromisoformat(info.now).astimezone(AMSTERDAM).date()


def cover(waivers: Sequence[Waiver], findings: Sequence[Finding], catalogue: Catalogue, day: date) -> Cover:
    """What waivers do to findings on a day; only a *fail* can be covered.

    A waiver is strict both ways: one whose requirement was looked at and decided everywhere, while the fault
    that it names was not found, is *stale*. Where something stayed open nobody can tell.
    """
    if not waivers:
        return Cover()
    valid = {item.fingerprint: item for item in waivers if item.valid(day)}
    named = {item.requirement for item in waivers}
    waived: dict[str, Waiver] = {}
    seen: set[str] = set()
    decided: dict[str, bool] = {}
    for item in findings:
        if item.requirement not in named or item.requirement not in catalogue:
            continue
        settled = decided.get(item.requirement, True) and item.verdict in _DECIDED
        decided[item.requirement] = settled
        if item.verdict is Verdict.FAIL:
            mark = fingerprint(key_of(catalogue[item.requirement], item.cell), item)
            seen.add(mark)
            found = valid.get(mark)
            if found is not None and found.requirement == item.requirement:
                waived[item.id] = found
    return Cover(
        waived=waived,
        stale=tuple(w for w in valid.values() if w.fingerprint not in seen and decided.get(w.requirement)),
        expired=tuple(item for item in waivers if not item.valid(day)),
    )
