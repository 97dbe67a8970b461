"""The console report: HIS × PGO matrix, then per party its outcome, what is wrong and what is open."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from harness.core.algebra import Outcome, State
from harness.core.normal.changing import steady
from harness.core.run.findings import Finding
from harness.core.text import Lang, said
from harness.core.verdicts import Verdict
from harness.judge.catalogue import Catalogue
from harness.report.dossier.waived import waived_line, waiver_troubles
from harness.report.grouping import OPEN, OpenGroup, by_reason, first_causes, grouped, how_often
from harness.report.headlines import NO_EVIDENCE, budgets, cleaned, outcome_word, reached
from harness.report.summary import CellSummary, PartySummary, RunSummary
from harness.report.vendor.page import TERMS
from harness.report.words import (
    FOUND,
    PROGRESS,
    PROGRESS_SYMBOL,
    SHARED,
    SIDE,
    STATE_SYMBOL,
    SYMBOL,
    VERDICT,
    WHY_UNASSIGNED,
    amount,
    more,
    more_findings,
    title,
    word,
)

STYLE: dict[Verdict, str] = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.WARNING: "yellow",
    Verdict.NOT_APPLICABLE: "dim",
    Verdict.INCONCLUSIVE: "magenta",
    Verdict.NOT_TESTED: "dim magenta",
    Verdict.DISPUTED: "cyan",
    Verdict.ERROR: "bold magenta",
}
OUTCOME_STYLE: dict[Outcome, str] = {
    Outcome.CONFORMS: "bold green",
    Outcome.FAILS: "bold red",
    Outcome.NO_VERDICT: "bold magenta",
}
MAX_IDS = 4
"""Requirement ids named per reason."""


def print_run(console: Console, run: RunSummary, catalogue: Catalogue, lang: Lang, limit: int = 8) -> None:
    """Print where flows broke, why a party fails, the matrix and, per party, at most ``limit`` findings and
    reasons of what is open."""
    for group in first_causes(run.findings):
        if not _told(group, run):
            console.print(_open(group, run, lang), soft_wrap=True)
    for item in run.parties.values():
        failed = next((found for found in item.findings if found.verdict is Verdict.FAIL), None)
        if run.stated(item) and failed is not None:
            console.print(Styled(_why(item, failed, catalogue, lang), STYLE[Verdict.FAIL]), soft_wrap=True)
    for trouble in waiver_troubles(run.result.cover):
        console.print(Styled(trouble.of(lang), style=STYLE[Verdict.FAIL]), soft_wrap=True)
    for told in reached(run.info):
        line = f"{SYMBOL[Verdict.INCONCLUSIVE]} {told.of(lang)}"
        console.print(Styled(line, STYLE[Verdict.INCONCLUSIVE]), soft_wrap=True)
    for told in cleaned(run.info):
        console.print(Styled(told.of(lang)), soft_wrap=True)
    console.print(_matrix(run, lang))
    legend = "  ".join(f"{SYMBOL[verdict]} {VERDICT[verdict].of(lang)}" for verdict in SYMBOL)
    legend += f"  {SHARED} {word('shared', lang)}"
    for one in sorted({item.progress for item in run.cells if item.progress is not None}):
        legend += f"  {PROGRESS_SYMBOL[one]} {PROGRESS[one].of(lang)}"
    console.print(Styled(legend, style="dim"))
    meanings = " · ".join(f"{name}: {meaning.of(lang)}" for name, meaning in TERMS)
    console.print(Styled(meanings, style="dim"), soft_wrap=True)
    console.print(Styled(budgets(run.info).of(lang), style="dim"))
    if run.rehearsal:
        console.print()
        console.print(Styled(NO_EVIDENCE.of(lang), style="bold yellow"), soft_wrap=True)
    for item in run.parties.values():
        if run.stated(item) or item.findings:
            _print_party(console, run, item, catalogue, lang, limit)
    for items in grouped(item for item in run.elsewhere if item.verdict not in OPEN)[:limit]:
        console.print(finding_block(items, catalogue, lang), soft_wrap=True)
    for group in [item for item in by_reason(run.elsewhere) if not _told(item, run)][:limit]:
        console.print(Styled("  ") + _open(group, run, lang), soft_wrap=True)
    console.print()
    for line in unassigned_lines(run, lang, limit):
        console.print(Styled(line, style="dim"), soft_wrap=True)


def _why(item: PartySummary, failed: Finding, catalogue: Catalogue, lang: Lang) -> str:
    """Why a party fails, on one line."""
    title = catalogue[failed.requirement].title.of(lang)
    seen = f" ({word('received', lang)}: {said(failed.seen, lang)})" if failed.received else ""
    return f"{SYMBOL[Verdict.FAIL]} {item.party.name}: {failed.requirement} {title}{seen}"


def _matrix(run: RunSummary, lang: Lang) -> Table:
    pgos = list(dict.fromkeys(item.cell.pgo for item in run.cells))
    table = Table(title="HIS × PGO", title_justify="left")
    table.add_column("HIS")
    table.add_column("DVZA")
    table.add_column(word("standard", lang))
    for pgo in pgos:
        table.add_column(pgo)
    rows: dict[tuple[str, str, str, str], dict[str, CellSummary]] = {}
    for item in run.cells:
        cell = item.cell
        rows.setdefault((cell.his, cell.dvza, cell.standard, cell.release), {})[cell.pgo] = item
    for (his, dvza, standard, release), found in rows.items():
        table.add_row(his, dvza, f"{standard} · {release}", *(_cell(found.get(pgo)) for pgo in pgos))
    return table


def _cell(item: CellSummary | None) -> Styled:
    """The worst verdict with whose it is, and how many requirements got which verdict."""
    if item is None:
        return Styled("·", style="dim")
    text = Styled(SYMBOL[item.verdict], style=STYLE[item.verdict])
    if item.progress is not None:
        text.append(f" {PROGRESS_SYMBOL[item.progress]}", style="magenta")
    if item.verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE):
        text.append(" " + "+".join(role.upper() for role in item.sides), style=STYLE[item.verdict])
    for shown in STYLE:
        if item.counts.get(shown) and shown is not Verdict.NOT_APPLICABLE:
            text.append(f" {SYMBOL[shown]}{item.counts[shown]}", style=STYLE[shown])
    for shown in STYLE:
        if item.shared.get(shown) and shown is not Verdict.NOT_APPLICABLE:
            text.append(f" {SHARED}{SYMBOL[shown]}{item.shared[shown]}", style=STYLE[shown])
    return text


def unassigned_lines(run: RunSummary, lang: Lang, limit: int = 8) -> list[str]:
    """How many exchanges end in no finding, and why; the largest groups."""
    number = sum(item.number for item in run.unassigned)
    lines = [f"{title('not assigned', lang)}: {amount(number, 'exchange').of(lang)}"]
    for item in run.unassigned[:limit]:
        why = WHY_UNASSIGNED[item.reason].of(lang)
        who = f"{item.client} → {item.server} {item.what} [{item.answer}]"
        lines.append(f"  {item.number}× {who}: {why} ({item.first})")
    if len(run.unassigned) > limit:
        lines.append(f"  … {len(run.unassigned) - limit}")
    return lines


def _print_party(
    console: Console, run: RunSummary, item: PartySummary, catalogue: Catalogue, lang: Lang, limit: int
) -> None:
    console.print()
    style = OUTCOME_STYLE[item.standing.outcome] if run.stated(item) else "dim"
    console.print(Styled(item.headline.of(lang), style=style), soft_wrap=True)
    both = run.together(item)
    if both is not None:
        names = " + ".join(part.party.name for part in (item, *run.dvzas_of(item)))
        told = f"{title('together', lang)} ({names}): {outcome_word(both, rehearsal=run.rehearsal).of(lang)}"
        console.print(Styled(told, style="dim"), soft_wrap=True)
    shown = grouped(item.findings)
    for items in shown[:limit]:
        console.print(finding_block(items, catalogue, lang), soft_wrap=True)
    if len(shown) > limit:
        console.print(f"  … {more_findings(len(shown) - limit).of(lang)}")
    for waiver, found in item.waived[:limit]:
        line = waived_line(waiver, found, catalogue).of(lang)
        console.print(Styled(f"  {STATE_SYMBOL[State.WAIVED]} {line}", style="blue"), soft_wrap=True)
    for group in item.open[:limit] if run.stated(item) else ():
        console.print(Styled("  ") + _open(group, run, lang), soft_wrap=True)
    if len(item.open) > limit and run.stated(item):
        console.print(f"  … {more_findings(len(item.open) - limit).of(lang)}")


def _told(group: OpenGroup, run: RunSummary) -> bool:
    """Whether the reason why something is open stands above the matrix."""
    return any(trouble.limit is not None and trouble.what == group.reason for trouble in run.info.troubles)


def _open(group: OpenGroup, run: RunSummary, lang: Lang) -> Styled:
    """Why requirements are open, on one line; a limit is told above the matrix."""
    number = amount(len(group.requirements), "any requirement").of(lang)
    ids = ", ".join(group.requirements[:MAX_IDS]) + (" …" if len(group.requirements) > MAX_IDS else "")
    line = Styled(f"{SYMBOL[group.verdict]} ", style=STYLE[group.verdict])
    line.append(f"{number} {VERDICT[group.verdict].of(lang)}: ", style=STYLE[group.verdict])
    line.append(word("see above", lang) if _told(group, run) else group.reason.of(lang))
    if group.received:
        line.append(f" [{said(group.received, lang)}]")
    if group.cause:
        line.append(f" ({word('first cause', lang)}: {group.cause})")
    line.append(f" ({ids})", style="dim")
    return line


MAX_PLACES = 20
"""Places named of findings that say the same."""


def finding_text(items: list[Finding], catalogue: Catalogue, lang: Lang) -> str:
    """Findings that say the same as plain text, with all their places; for pytest and Allure."""
    lines = [finding_block(items, catalogue, lang).plain.rstrip()]
    others = [_place(item) for item in items[1 : MAX_PLACES + 1]]
    if others:
        lines.append(f"      {word('also at', lang)}: {', '.join(others)}")
    if len(items) > MAX_PLACES + 1:
        lines.append(f"      … {more(len(items) - MAX_PLACES - 1).of(lang)}")
    return "\n".join(lines)


def finding_message(item: Finding, catalogue: Catalogue, lang: Lang) -> str:
    """A finding in one line that is the same for the same fault elsewhere: no ids, places, days, ports."""
    title = catalogue[item.requirement].title.of(lang) if item.requirement in catalogue else ""
    said_ = [
        f"{word(label, lang)}: {steady(said(value, lang), '…')}"
        for label, value in (("expected", item.wanted), ("received", item.seen))
        if value
    ]
    reason = item.next_step.of(lang) if item.verdict in OPEN and not said_ else ""
    told = "; ".join(filter(None, (*said_, steady(reason, "…"))))
    head = f"{item.requirement} {FOUND[item.verdict].of(lang)}: {title}"
    return " ".join((f"{head} – {told}" if told else head).split())


def _place(item: Finding) -> str:
    place = " ".join(part for part in (item.where.exchange, item.where.path) if part)
    return place + (f" ({item.where.line}:{item.where.column})" if item.where.line else "")


def finding_block(items: list[Finding], catalogue: Catalogue, lang: Lang) -> Styled:
    """One finding as a block: what, whose side, where, expected, received, next step."""
    item = items[0]
    title = catalogue[item.requirement].title.of(lang) if item.requirement in catalogue else ""
    block = Styled()
    block.append(f"  {SYMBOL[item.verdict]} {item.requirement} ", style=STYLE[item.verdict])
    block.append(f"{FOUND[item.verdict].of(lang)}: {title}\n")
    rows = [
        ("side", f"{SIDE[item.blame].of(lang)} ({item.party or '-'})" if item.blame is not None else ""),
        ("where", _place(item)),
        ("count", how_often(items).of(lang) if len(items) > 1 or item.holds_for else ""),
        ("expected", said(item.wanted, lang)),
        ("received", said(item.seen, lang)),
        ("next step", item.next_step.of(lang)),
    ]
    for label, value in rows:
        if value.strip():
            block.append(f"      {word(label, lang) + ':':<15}", style="dim")
            block.append(f"{value}\n")
    return block
