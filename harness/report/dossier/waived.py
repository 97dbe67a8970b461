"""What reports say of waivers (*ontheffingen*): what they cover, and which of them do not hold any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from harness.core.run.agreed.waivers import Waiver, fingerprint
from harness.core.run.findings import Finding
from harness.core.text import Text
from harness.core.verdicts import Verdict
from harness.judge.catalogue import Catalogue
from harness.judge.outcome.tally import key_of
from harness.judge.outcome.waiving import Cover
from harness.report.grouping import how_often
from harness.report.summary import RunSummary


def day(value: date) -> Text:
    """A day as people write it."""
    return Text(nl=f"{value:%d-%m-%Y}", en=value.isoformat())


def waiver_line(waiver: Waiver) -> Text:
    """Until when, why and by whom something is waived."""
    until = day(waiver.expires)
    return Text(
        nl=f"ontheffing tot en met {until.nl}: {waiver.reason} (akkoord: {waiver.approver}; "
        f"herstel: {waiver.owner}, {waiver.issue})",
        en=f"waived through {until.en}: {waiver.reason} (approved: {waiver.approver}; "
        f"repair: {waiver.owner}, {waiver.issue})",
    )


def expired_line(waiver: Waiver) -> Text:
    """That a waiver holds no longer."""
    until = day(waiver.expires)
    return Text(
        nl=f"ontheffing {waiver.fingerprint} voor {waiver.requirement} is verlopen op {until.nl}",
        en=f"waiver {waiver.fingerprint} of {waiver.requirement} expired on {until.en}",
    )


def waived_line(waiver: Waiver, findings: Sequence[Finding], catalogue: Catalogue) -> Text:
    """What may stay for now under one waiver, on one line."""
    title, said, often = catalogue[waiver.requirement].title, waiver_line(waiver), how_often(findings)
    return Text(
        nl=f"{waiver.requirement} {title.nl} ({often.nl}) – {said.nl}",
        en=f"{waiver.requirement} {title.en} ({often.en}) – {said.en}",
    )


def waiver_troubles(cover: Cover) -> list[Text]:
    """What is wrong with the waivers of a run, a line each."""
    expired = [expired_line(item) for item in cover.expired]
    stale = [
        Text(
            nl=f"ontheffing {item.fingerprint} voor {item.requirement} dekt niets meer: de fout is er niet. "
            "Haal haar weg",
            en=f"waiver {item.fingerprint} of {item.requirement} covers nothing any more: the fault is gone. "
            "Remove it",
        )
        for item in cover.stale
    ]
    return expired + stale


def fingerprints(summary: RunSummary, catalogue: Catalogue) -> dict[str, str]:
    """Id of each failed finding → the fingerprint that a waiver names."""
    return {
        item.id: fingerprint(key_of(catalogue[item.requirement], item.cell), item)
        for item in summary.findings
        if item.verdict is Verdict.FAIL and item.requirement in catalogue
    }
