"""One table of categories: whose side a red item is on, for Allure 3 (by label) and Allure 2 (by trace)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from harness.core.run.findings import Finding
from harness.core.run.info import ParticipantVersion
from harness.core.text import Lang, Text, both
from harness.core.verdicts import Blame
from harness.report.words import SIDE, title

SIDES: Final[Mapping[str, Text]] = {
    "his": both("HIS"),
    "dvza": both("DVZA"),
    "pgo": both("PGO"),
    "stelselnode": both("stelselnode"),
    "specification": SIDE[Blame.SPECIFICATION],
    "configuration": SIDE[Blame.CONFIGURATION],
    "harness": SIDE[Blame.HARNESS],
}
"""What a side is called: the role of a product, or what else is at fault."""


@dataclass(frozen=True)
class Category:
    """What items have in common for whoever decides who does something.

    :ivar status: of Allure.
    :ivar side: key of :data:`SIDES`, ``""``: any.
    """

    id: str
    name: Text
    status: str
    side: str = ""


CATEGORIES: Final[Sequence[Category]] = (
    Category("his", Text(nl="Niet voldaan: HIS", en="Not met: HIS"), "failed", "his"),
    Category("dvza", Text(nl="Niet voldaan: DVZA", en="Not met: DVZA"), "failed", "dvza"),
    Category("pgo", Text(nl="Niet voldaan: PGO", en="Not met: PGO"), "failed", "pgo"),
    Category("failed", Text(nl="Niet voldaan", en="Not met"), "failed"),
    Category(
        "specification",
        Text(nl="Betwist: specificatie onduidelijk", en="Disputed: unclear specification"),
        "broken",
        "specification",
    ),
    Category("configuration", Text(nl="Configuratie", en="Configuration"), "broken", "configuration"),
    Category("harness", Text(nl="Harness", en="Harness"), "broken", "harness"),
    Category("undecided", Text(nl="Niet beslist of niet getoetst", en="Undecided or not tested"), "broken"),
    Category("skipped", Text(nl="Niet van toepassing", en="Not applicable"), "skipped"),
)
"""The first that fits holds."""


def side_of(item: Finding, parties: Mapping[str, ParticipantVersion], lang: Lang) -> str:
    """Whose side a finding is on, ``""`` when nobody's."""
    if item.blame is None:
        return ""
    if item.blame is not Blame.PRODUCT:
        return SIDES[item.blame.value].of(lang)
    role = parties[item.party].role if item.party in parties else item.party
    return SIDES[role].of(lang) if role in SIDES else SIDE[Blame.PRODUCT].of(lang)


def side_line(sides: Sequence[str], lang: Lang) -> str:
    """The line with which a trace begins, so that Allure 2 can read the sides."""
    return f"{title('side', lang)}: {', '.join(sides)}" if sides else ""


def for_allure_2(lang: Lang) -> list[dict[str, Any]]:
    """``categories.json``."""
    rules: list[dict[str, Any]] = []
    for item in CATEGORIES:
        rule: dict[str, Any] = {"name": item.name.of(lang), "matchedStatuses": [item.status]}
        if item.side:
            side = SIDES[item.side].of(lang)
            rule["traceRegex"] = rf"^{title('side', lang)}: [^\n]*\b{side}\b[\s\S]*"
        rules.append(rule)
    return rules


def for_allure_3(lang: Lang) -> list[dict[str, Any]]:
    """``categories.rules`` of ``allurerc.mjs``: by side, then by how severe, then by message."""
    rules = []
    for item in CATEGORIES:
        matcher: dict[str, Any] = {"statuses": [item.status]}
        if item.side:
            matcher["labels"] = {"side": f"^{SIDES[item.side].of(lang)}$"}
        rules.append(
            {
                "id": item.id,
                "name": item.name.of(lang),
                "matchers": [matcher],
                "groupBy": ["severity"],
                "groupByMessage": True,
                "expand": item.status == "failed",
            }
        )
    return rules
