"""The console report: HIS × PGO matrix, then the worst findings with what to do about them."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from harness.core.run.findings import Finding
from harness.core.text import Lang, Text
from harness.core.verdicts import Verdict, worst
from harness.judge.catalogue import Catalogue
from harness.report.summary import CellSummary, RunSummary, VendorSummary, grouped
from harness.report.words import SIDE, SYMBOL, VERDICT, amount, more_findings, word

STYLE: dict[Verdict, str] = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.WARNING: "yellow",
    Verdict.NOT_APPLICABLE: "dim",
    Verdict.INCONCLUSIVE: "magenta",
    Verdict.DISPUTED: "cyan",
    Verdict.ERROR: "bold magenta",
}


def print_run(console: Console, run: RunSummary, catalogue: Catalogue, lang: Lang, limit: int = 8) -> None:
    """Print the matrix and at most ``limit`` findings per vendor."""
    console.print(_matrix(run, lang))
    legend = "  ".join(f"{SYMBOL[verdict]} {VERDICT[verdict].of(lang)}" for verdict in SYMBOL)
    console.print(Styled(legend, style="dim"))
    for vendor in run.vendors:
        _print_vendor(console, vendor, catalogue, lang, limit)


def _matrix(run: RunSummary, lang: Lang) -> Table:
    pgos = list(dict.fromkeys(cell.pgo for cell in run.info.plan))
    table = Table(title="HIS × PGO", title_justify="left")
    table.add_column("HIS")
    table.add_column("DVZA")
    table.add_column(word("standard", lang))
    for pgo in pgos:
        table.add_column(pgo)
    for vendor in run.vendors:
        rows: dict[tuple[str, str, str], list[CellSummary]] = {}
        for item in vendor.cells:
            rows.setdefault((item.cell.dvza, item.cell.standard, item.cell.release), []).append(item)
        for (dvza, standard, release), items in rows.items():
            table.add_row(
                vendor.his.id,
                dvza,
                f"{standard} · {release}",
                *(_cell([item for item in items if item.cell.pgo == pgo]) for pgo in pgos),
            )
    return table


def _cell(items: list[CellSummary]) -> Styled:
    if not items:
        return Styled("·", style="dim")
    verdict = worst([item.verdict for item in items])
    counts: dict[Verdict, int] = {}
    for item in items:
        for key, number in item.counts.items():
            counts[key] = counts.get(key, 0) + number
    text = Styled(SYMBOL[verdict], style=STYLE[verdict])
    for shown in STYLE:
        if counts.get(shown) and shown is not Verdict.NOT_APPLICABLE:
            text.append(f" {counts[shown]}", style=STYLE[shown])
    return text


def _print_vendor(
    console: Console, vendor: VendorSummary, catalogue: Catalogue, lang: Lang, limit: int
) -> None:
    style = {"pass": "bold green", "fail": "bold red"}.get(vendor.outcome, "bold magenta")
    console.print()
    console.print(Styled(vendor.headline.of(lang), style=style), soft_wrap=True)
    shown = grouped(vendor.findings)
    for items in shown[:limit]:
        console.print(finding_block(items, catalogue, lang), soft_wrap=True)
    if len(shown) > limit:
        console.print(f"  … {more_findings(len(shown) - limit).of(lang)}")


def finding_line(item: Finding, catalogue: Catalogue, lang: Lang) -> str:
    """One finding as plain text, for pytest's and Allure's failure message."""
    return finding_block([item], catalogue, lang).plain.rstrip()


def finding_block(items: list[Finding], catalogue: Catalogue, lang: Lang) -> Styled:
    """One finding as a block: what, whose side, where, expected, received, next step."""
    item = items[0]
    title = catalogue[item.requirement].title.of(lang) if item.requirement in catalogue else ""
    block = Styled()
    block.append(f"  {SYMBOL[item.verdict]} {item.requirement} ", style=STYLE[item.verdict])
    block.append(f"{VERDICT[item.verdict].of(lang)}: {title}\n")
    place = " ".join(part for part in (item.where.exchange, item.where.path) if part)
    if item.where.line:
        place += f" ({item.where.line}:{item.where.column})"
    rows = [
        ("side", f"{SIDE[item.blame].of(lang)} ({item.party or '-'})" if item.blame is not None else ""),
        ("where", place),
        ("count", how_often(items).of(lang) if len(items) > 1 else ""),
        ("expected", item.expected),
        ("received", item.received),
        ("next step", item.next_step.of(lang)),
    ]
    for label, value in rows:
        if value.strip():
            block.append(f"      {word(label, lang) + ':':<15}", style="dim")
            block.append(f"{value}\n")
    return block


def how_often(items: list[Finding]) -> Text:
    """How many times and in how many cells the same was found."""
    times, cells = amount(len(items), "time"), amount(len({item.cell for item in items}), "cell")
    return Text(nl=f"{times.nl} in {cells.nl}", en=f"{times.en} in {cells.en}")
