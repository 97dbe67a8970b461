"""What Allure gets of a TestScript: labels, a step per operation and assert, of what did not pass a HAR.

allure-pytest writes the results; this module only feeds it and does nothing when Allure is not active.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import allure
import msgspec

from harness.core.normal.changing import steady
from harness.core.run.exchanges import Exchange
from harness.core.text import Lang, said
from harness.core.verdicts import Verdict
from harness.record.har import to_har
from harness.report.words import FOUND, SYMBOL, word
from harness.scenario import ProductFailure, Told, Undecided, Unsound
from harness.testscript.beyond.told import TITLE, ScriptBeside, lines, stored
from harness.testscript.outcome.results import ScriptFinding, ScriptResult, Step

MAX_PLAIN = 400
"""Steps told one by one; beyond that only those that did not pass."""


def feed_script(result: ScriptResult, exchanges: Sequence[Exchange], lang: Lang) -> None:
    """Tell allure-pytest about the current script."""
    allure.dynamic.title(result.title or result.id)
    allure.dynamic.epic(result.standard or "TestScript")
    allure.dynamic.feature(f"{result.role} {result.goal} {result.variant}".strip())
    allure.dynamic.story(Path(result.file).stem)
    allure.dynamic.label("official", result.file)
    for requirement in result.requirements:
        allure.dynamic.label("requirement", requirement)
    if result.asserts.get("warning"):
        allure.dynamic.tag("warning")
    for number, step in enumerate(result.steps):
        if number < MAX_PLAIN or step.verdict is not Verdict.PASS:
            _step(step, lang)
    if exchanges and result.verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE):
        allure.attach(
            msgspec.json.encode(to_har(exchanges)).decode(),
            name="exchanges.har",
            attachment_type=allure.attachment_type.JSON,
            extension="har",
        )


def feed_beyond(beside: ScriptBeside, lang: Lang) -> None:
    """Tell allure-pytest what the record says beyond the script: an attachment and a tag, no step.

    What no record holds may be anybody's, so it is not written.
    """
    if beside.differences:
        allure.dynamic.tag("beyond")
        text = "\n".join(line for one in stored(beside).differences for line in lines(one, lang))
        allure.attach(text, name=TITLE.of(lang), attachment_type=allure.attachment_type.TEXT)


def _step(step: Step, lang: Lang) -> None:
    what = step.title.strip().replace("\n", " ")[:200]
    if step.request is not None:
        what = f"{step.request.method} {step.request.url}"[:200]
    try:
        with allure.step(f"{SYMBOL[step.verdict]} {what}"):
            if step.finding is None or step.verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE):
                return
            text = finding_text(step.finding, lang)
            allure.attach(text, name=step.action, attachment_type=allure.attachment_type.TEXT)
            raise_for(step.verdict, text)
    except Told:
        return  # the step has its colour; the item itself decides after all steps are told


def raise_for(verdict: Verdict, message: str, details: str = "") -> None:
    """Raise what a verdict asks for: failure, broken, or nothing for pass and warning."""
    if verdict is Verdict.FAIL:
        raise ProductFailure(message, details)
    if verdict is Verdict.ERROR:
        raise Unsound(message, details)
    if verdict in (Verdict.INCONCLUSIVE, Verdict.DISPUTED):
        raise Undecided(message, details)


def script_message(finding: ScriptFinding, lang: Lang) -> str:
    """A finding in one line that is the same for the same fault in other scripts: no places, no ids."""
    values = (("expected", said(finding.wanted, lang)), ("received", said(finding.seen, lang)))
    told = "; ".join(f"{word(label, lang)}: {steady(value, '…')}" for label, value in values if value)
    return " ".join(f"{FOUND[finding.verdict].of(lang)}: {finding.description} – {told}".split())


def finding_text(finding: ScriptFinding, lang: Lang) -> str:
    """A finding for people, a few lines."""
    dutch = lang == "nl"
    words = ("verwacht", "gekregen", "volgende stap") if dutch else ("expected", "received", "next step")
    place = f"{finding.where.action} ({'regel' if dutch else 'line'} {finding.where.line})"
    lines = [f"{finding.verdict.value}: {place} {finding.description}".rstrip()]
    values = (said(finding.wanted, lang), said(finding.seen, lang), finding.next_step.of(lang))
    lines += [f"  {word}: {value}" for word, value in zip(words, values, strict=True) if value]
    lines += [
        f"    {issue.path} ({issue.line}:{issue.column}) {issue.message.of(lang)}"
        for issue in finding.issues[:10]
    ]
    return "\n".join(lines)
