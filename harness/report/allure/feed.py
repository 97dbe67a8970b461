"""What Allure gets of an item: its name, labels and links before it runs, a step per finding after.

allure-pytest writes the results; this module only feeds it. Nothing here decides a verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import allure

from harness.core.run.agreed.waivers import Waiver
from harness.core.run.findings import Cell, Finding
from harness.core.run.info import ParticipantVersion
from harness.core.standards.table import standard
from harness.core.text import Lang
from harness.core.verdicts import Strength, Verdict
from harness.judge.catalogue import Catalogue
from harness.report.allure.categories import side_line, side_of
from harness.report.console import finding_message, finding_text
from harness.report.grouping import QUIET, grouped, how_often, worst_first
from harness.report.html import page
from harness.report.words import SYMBOL, more_findings, title
from harness.scenario import ProductFailure, Scenario, Told, Undecided, Unsound

MAX_STEPS = 60
"""Groups of findings told one by one, worst first."""
MAX_LINES = 10
"""Lines of the message of an item; the rest stands in its details."""


def item_name(scenario: Scenario, cell: Cell, lang: Lang) -> str:
    """What an item is called: no other item of the run has the same name."""
    return f"{scenario.title.of(lang)} · {cell.name}"


@dataclass(frozen=True)
class AllureFeed:
    """Feeds allure-pytest about the current item; does nothing when Allure is not active.

    :ivar parties: the participants by id.
    :ivar pages: where the pages of the run stand, from the Allure report (:mod:`.config` says where that is).
    """

    catalogue: Catalogue
    parties: Mapping[str, ParticipantVersion]
    pages: str
    lang: Lang

    def describe(self, scenario: Scenario, cell: Cell) -> None:
        """What the item is; the exchanges stand on the page of the cell, which it links to."""
        his = self.parties[cell.his].name if cell.his in self.parties else cell.his
        story = (scenario.story or scenario.title).of(self.lang)
        shown = standard(cell.standard).title.of(self.lang)
        allure.dynamic.title(item_name(scenario, cell, self.lang))
        allure.dynamic.parent_suite(f"{his} ({cell.his})")
        allure.dynamic.suite(shown)
        allure.dynamic.sub_suite(story)
        allure.dynamic.epic(f"{his} ({cell.his})")
        allure.dynamic.feature(shown)
        allure.dynamic.story(story)
        steps = (f"{number}. {step.of(self.lang)}" for number, step in enumerate(scenario.steps, 1))
        allure.dynamic.description("\n".join(steps))
        allure.dynamic.label("release", cell.release)
        asked = [self.catalogue[identifier] for identifier in scenario.requirements]
        for requirement in asked:
            allure.dynamic.label("requirement", requirement.id)
        for basiseis in dict.fromkeys(name for item in asked for name in item.basiseis):
            allure.dynamic.label("basiseis", basiseis)
        allure.dynamic.link(
            f"{self.pages}{page('cell', cell.key, self.lang)}", name=title("evidence", self.lang)
        )
        for requirement in asked:
            party = cell.party(requirement.role)
            if party in self.parties:
                row = f"{self.pages}{page('vendor', party, self.lang)}#{requirement.id}"
                allure.dynamic.link(row, link_type="tms", name=requirement.id)
                if requirement.official:
                    scripts = ", ".join(requirement.official)
                    allure.dynamic.link(f"{row}-official", link_type="test_case", name=scripts)

    def found(self, findings: Sequence[Finding], waived: Mapping[str, Waiver]) -> None:
        """What was found: how severe, whose side, and a step per group of findings."""
        bad = worst_first(findings, self.catalogue)
        weighed = [item for item in bad if item.verdict is not Verdict.WARNING] or findings
        must = any(self.catalogue[item.requirement].strength is Strength.MUST for item in weighed)
        allure.dynamic.severity(allure.severity_level.CRITICAL if must else allure.severity_level.MINOR)
        for side in self.sides(bad):
            allure.dynamic.label("side", side)
        for waiver in dict.fromkeys(waived.values()):
            allure.dynamic.label("waiver", waiver.fingerprint)
        if any(item.verdict is Verdict.WARNING for item in findings):
            allure.dynamic.tag("warning")
        groups = [*grouped(bad), *_by_requirement(item for item in findings if item.verdict in QUIET)]
        for items in groups[:MAX_STEPS]:
            self._step(items)
        if len(groups) > MAX_STEPS:
            with allure.step(more_findings(len(groups) - MAX_STEPS).of(self.lang)):
                pass

    def sides(self, findings: Iterable[Finding]) -> list[str]:
        """Whose sides findings are on, each once, in their order."""
        return list(
            dict.fromkeys(filter(None, (side_of(item, self.parties, self.lang) for item in findings)))
        )

    def told(self, findings: Sequence[Finding]) -> tuple[str, str]:
        """Message and details of an item that ends with these findings, worst first."""
        messages = [*dict.fromkeys(finding_message(item, self.catalogue, self.lang) for item in findings)]
        blocks = [finding_text(items, self.catalogue, self.lang) for items in grouped(findings)]
        details = filter(None, (side_line(self.sides(findings), self.lang), *blocks))
        return "\n".join(messages[:MAX_LINES]), "\n".join(details)

    def _step(self, items: list[Finding]) -> None:
        item = items[0]
        named = f"{SYMBOL[item.verdict]} {item.requirement} "
        named += self.catalogue[item.requirement].title.of(self.lang)
        if len(items) > 1:
            named += f" ({how_often(items).of(self.lang)})"
        try:
            with allure.step(named):
                if item.verdict in QUIET:
                    return
                text = finding_text(items, self.catalogue, self.lang)
                allure.attach(text, name=item.requirement, attachment_type=allure.attachment_type.TEXT)
                message = finding_message(item, self.catalogue, self.lang)
                if item.verdict is Verdict.FAIL:
                    raise ProductFailure(message)
                if item.verdict is Verdict.ERROR:
                    raise Unsound(message)
                if item.verdict is not Verdict.WARNING:
                    raise Undecided(message)
        except Told:
            return  # the step is coloured by its verdict; the item itself decides after all steps are told


def _by_requirement(findings: Iterable[Finding]) -> list[list[Finding]]:
    found: dict[tuple[str, Verdict], list[Finding]] = {}
    for item in findings:
        found.setdefault((item.requirement, item.verdict), []).append(item)
    return list(found.values())
