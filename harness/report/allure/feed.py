"""What Allure gets: labels, parameters, steps and links per item; environment and categories per run.

allure-pytest writes the results; this module only feeds it. Nothing here decides a verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import allure
import msgspec

from harness.core.run.findings import Cell, Finding
from harness.core.run.info import RunInfo
from harness.core.run.place import disk
from harness.core.text import Lang
from harness.core.verdicts import Verdict
from harness.judge.catalogue import Catalogue
from harness.report.console import finding_line
from harness.report.grouping import QUIET, worst_first
from harness.report.html import page
from harness.report.summary import RunSummary
from harness.report.words import CATEGORY, SYMBOL, WHY_UNASSIGNED, more_findings, title, word
from harness.scenario import ProductFailure, Scenario, Undecided, Unsound

MAX_UNASSIGNED = 20
"""Groups of exchanges without a finding that are told."""
MAX_STEPS = 60
"""Findings told one by one, worst first."""


def feed(
    scenario: Scenario, cell: Cell, findings: Sequence[Finding], catalogue: Catalogue, lang: Lang
) -> None:
    """Tell allure-pytest about the current item; does nothing when Allure is not active.

    The exchanges stand on the page of the cell, which the item links to.
    """
    allure.dynamic.title(scenario.title.of(lang))
    allure.dynamic.epic(f"HIS {cell.his}")
    allure.dynamic.feature(cell.standard)
    allure.dynamic.story((scenario.story or scenario.title).of(lang))
    if scenario.steps:
        told = (f"{number}. {step.of(lang)}" for number, step in enumerate(scenario.steps, 1))
        allure.dynamic.description("\n".join(told))
    allure.dynamic.suite(f"{cell.his} × {cell.dvza} × {cell.pgo}")
    allure.dynamic.label("release", cell.release)
    for item in {finding.requirement: finding for finding in findings}.values():
        requirement = catalogue[item.requirement]
        allure.dynamic.label("requirement", requirement.id)
        for basiseis in requirement.basiseis:
            allure.dynamic.label("basiseis", basiseis)
    if any(item.verdict is Verdict.WARNING for item in findings):
        allure.dynamic.tag("warning")
    bad = worst_first(findings, catalogue)
    ordered = [*bad, *(item for item in findings if item.verdict in QUIET)]
    for item in ordered[:MAX_STEPS]:
        _step(item, catalogue, lang)
    if len(ordered) > MAX_STEPS:
        with allure.step(more_findings(len(ordered) - MAX_STEPS).of(lang)):
            pass
    allure.dynamic.link(f"../report/{page('cell', cell.key, lang)}", name=title("evidence", lang))


def _step(item: Finding, catalogue: Catalogue, lang: Lang) -> None:
    told = f"{SYMBOL[item.verdict]} {item.requirement} {catalogue[item.requirement].title.of(lang)}"
    try:
        with allure.step(told):
            if item.verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE):
                return
            text = finding_line(item, catalogue, lang)
            allure.attach(text, name=item.requirement, attachment_type=allure.attachment_type.TEXT)
            if item.verdict is Verdict.FAIL:
                raise ProductFailure(text)
            if item.verdict is Verdict.ERROR:
                raise Unsound(text)
            if item.verdict is not Verdict.WARNING:
                raise Undecided(text, item.verdict)
    except (ProductFailure, Undecided, Unsound):
        # The step is coloured by its verdict; the item itself decides after all steps are told.
        return


def write_environment(folder: Path, info: RunInfo, run: RunSummary, lang: Lang) -> None:
    """``environment.properties`` and ``categories.json`` in an Allure results folder."""
    rows = {
        "harness": info.harness,
        "catalogue": info.hashes.get("catalogue", "")[:16],
        "T": info.t,
        **{
            f"{item.role}.{item.id}": " ".join(
                part for part in (item.vendor, item.product, item.version) if part
            )
            or item.kind
            for item in info.participants
        },
        title("not assigned", lang): str(sum(item.number for item in run.unassigned)),
        **{
            f"{word('not assigned', lang)} {number}": f"{item.number} x {item.client} > {item.server} "
            f"{item.what} [{item.answer}]: {WHY_UNASSIGNED[item.reason].of(lang)} ({item.first})"
            for number, item in enumerate(run.unassigned[:MAX_UNASSIGNED], 1)
        },
    }
    text = "".join(f"{_escape(key)}={_escape(value)}\n" for key, value in rows.items())
    disk.write(folder / "environment.properties", text.encode())
    categories = [
        {"name": CATEGORY["failed"].of(lang), "matchedStatuses": ["failed"]},
        {
            "name": CATEGORY["undecided"].of(lang),
            "matchedStatuses": ["broken"],
            "messageRegex": f".*{Undecided.__name__}.*",
        },
        {"name": CATEGORY["broken"].of(lang), "matchedStatuses": ["broken"]},
        {"name": CATEGORY["skipped"].of(lang), "matchedStatuses": ["skipped"]},
    ]
    disk.write(folder / "categories.json", msgspec.json.format(msgspec.json.encode(categories), indent=2))


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", " ").replace("=", "\\=").replace(":", "\\:")
