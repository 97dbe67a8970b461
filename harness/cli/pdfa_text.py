"""What ``harness pdfa check`` prints of a document: outcome, each broken rule once, what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.text import Lang, Text, said
from harness.pdfa import Report, Violation
from harness.pdfa.advice import advice, tool_of, tools
from harness.pdfa.batch import Checked
from harness.pdfa.policy import refusal

if TYPE_CHECKING:
    from rich.console import Console

OUTCOMES = {
    "valid": Text(nl="geldig", en="valid"),
    "invalid": Text(nl="ongeldig", en="invalid"),
    "unreadable": Text(nl="onleesbaar", en="unreadable"),
    "limit": Text(nl="veiligheidsgrens", en="safety limit"),
}
_DISPUTED = Text(nl="betwist", en="disputed")
_NOT_CHECKED = Text(nl="zegt ook {also}; dat vraagt MedMij niet en het is niet getoetst", en="also claims {also}; MedMij does not ask for that, it was not checked")  # fmt: skip  # noqa: E501
_VALUES = Text(nl="verwacht {expected} · gevonden {received}", en="expected {expected} · found {received}")
_CLAIM = Text(nl="zegt: {claim}", en="claims: {claim}")
_CHECKED_AS = Text(nl="getoetst als {flavour}", en="checked as {flavour}")
_NOT_CHECKED_AS = Text(nl="niet getoetst", en="not checked")
_TO_DO = Text(nl="te doen", en="to do")


def print_document(console: Console, checked: Checked, lang: Lang, tool: str) -> None:
    """One document.

    :param tool: whose advice to print: a tool, ``auto`` for the one that made the document, or ``none``.
    """
    report = checked.report
    style = "green" if report.valid else "red" if report.outcome == "invalid" else "yellow"
    dutch = lang == "nl"
    says = _CLAIM.of(lang).format(
        claim=report.claimed or ", ".join(report.also) or ("geen" if dutch else "none")
    )
    checked_as = _CHECKED_AS.of(lang).format(flavour=report.flavour)
    if "claim" in report.rules or report.outcome == "unreadable":
        checked_as = _NOT_CHECKED_AS.of(lang)
    outcome = (_DISPUTED if report.disputed else OUTCOMES[report.outcome]).of(lang)
    console.print(f"[{style}]{outcome:<10}[/] {checked.path}  ({says}; {checked_as})")
    if report.reason is not None:
        console.print(f"    {report.reason.of(lang)}", markup=False)
    if report.also and "claim" not in report.rules:
        console.print(f"    {_NOT_CHECKED.of(lang).format(also=', '.join(report.also))}", markup=False)
    refused = refusal(report)
    if refused is not None and report.outcome in ("valid", "invalid") and "claim" not in report.rules:
        console.print(f"    MedMij: {refused.of(lang)}", markup=False)
    _rules(console, report, lang)
    _advice(console, report, lang, tool)
    if checked.differs:
        console.print(f"    [yellow]{checked.differs}[/]")


def _rules(console: Console, report: Report, lang: Lang) -> None:
    shown: set[str] = set()
    for found in report.findings:
        if found.rule in shown:
            continue
        shown.add(found.rule)
        times = f" ({found.count}×)" if found.count > 1 else ""
        console.print(f"    {found.rule:<14} {found.message.of(lang)}{times}", markup=False)
        console.print(f"    {'':<14} {_place(found, lang)}", markup=False)
        if found.disputed is not None:
            text = f"{_DISPUTED.of(lang)}: {found.disputed.of(lang)}"
            console.print(f"    {'':<14} {text}", markup=False)


def _place(found: Violation, lang: Lang) -> str:
    received = said(found.seen, lang)
    if found.expected:
        received = _VALUES.of(lang).format(expected=said(found.wanted, lang), received=received or "-")
    return " · ".join(
        part for part in (found.where, f"object {found.object}" if found.object else "", received) if part
    )


def _advice(console: Console, report: Report, lang: Lang, tool: str) -> None:
    """Each piece of advice once, for the tool that is asked for or that made the document."""
    if tool == "none":
        return
    chosen = tool_of(report.producer) if tool == "auto" else tool
    shown: set[str] = set()
    for rule in report.rules:
        found = advice(rule, report.flavour)
        if found is None or found.id in shown:
            continue
        shown.add(found.id)
        console.print(f"    {_TO_DO.of(lang) + ':':<14} {found.what.of(lang)}", markup=False)
        if chosen in found.tools:
            name = tools()[str(chosen)]
            console.print(f"    {'':<14} {name}: {found.tools[str(chosen)].of(lang)}", markup=False)
