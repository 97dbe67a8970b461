"""The console report: HIS × PGO matrix, then the worst findings with what to do about them."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from harness.core.run.findings import Finding
from harness.core.text import Lang, Text
from harness.core.verdicts import Blame, Verdict, worst
from harness.judge.catalogue import Catalogue
from harness.report.summary import CellSummary, RunSummary, VendorSummary

VERDICT_TEXT: dict[Verdict, Text] = {
    Verdict.PASS: Text(nl="geslaagd", en="pass"),
    Verdict.FAIL: Text(nl="gefaald", en="fail"),
    Verdict.WARNING: Text(nl="waarschuwing", en="warning"),
    Verdict.NOT_APPLICABLE: Text(nl="n.v.t.", en="n/a"),
    Verdict.INCONCLUSIVE: Text(nl="onbeslist", en="inconclusive"),
    Verdict.DISPUTED: Text(nl="betwist", en="disputed"),
    Verdict.ERROR: Text(nl="fout", en="error"),
}
BLAME_TEXT: dict[Blame, Text] = {
    Blame.PRODUCT: Text(nl="product", en="product"),
    Blame.CONFIGURATION: Text(nl="configuratie", en="configuration"),
    Blame.HARNESS: Text(nl="harness", en="harness"),
    Blame.SPECIFICATION: Text(nl="specificatie onduidelijk", en="unclear specification"),
}
STYLE: dict[Verdict, str] = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.WARNING: "yellow",
    Verdict.NOT_APPLICABLE: "dim",
    Verdict.INCONCLUSIVE: "magenta",
    Verdict.DISPUTED: "cyan",
    Verdict.ERROR: "bold magenta",
}
SYMBOL: dict[Verdict, str] = {
    Verdict.PASS: "✓",
    Verdict.FAIL: "✗",
    Verdict.WARNING: "!",
    Verdict.NOT_APPLICABLE: "–",
    Verdict.INCONCLUSIVE: "?",
    Verdict.DISPUTED: "≠",
    Verdict.ERROR: "E",
}


def print_run(console: Console, run: RunSummary, catalogue: Catalogue, lang: Lang, limit: int = 8) -> None:
    """Print the matrix and at most ``limit`` findings per vendor."""
    console.print(_matrix(run, lang))
    legend = "  ".join(f"{SYMBOL[verdict]} {VERDICT_TEXT[verdict].of(lang)}" for verdict in SYMBOL)
    console.print(Styled(legend, style="dim"))
    for vendor in run.vendors:
        _print_vendor(console, vendor, catalogue, lang, limit)


def _matrix(run: RunSummary, lang: Lang) -> Table:
    pgos = list(dict.fromkeys(cell.pgo for cell in run.info.plan))
    table = Table(title="HIS × PGO", title_justify="left")
    table.add_column("HIS")
    table.add_column("DVZA")
    table.add_column("standaard" if lang == "nl" else "standard")
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
    for shown in (Verdict.PASS, Verdict.FAIL, Verdict.WARNING, Verdict.INCONCLUSIVE, Verdict.ERROR):
        if counts.get(shown):
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
        more = len(shown) - limit
        console.print(
            f"  … {more} " + ("andere bevindingen in het rapport" if lang == "nl" else "more in the report")
        )


def grouped(findings: tuple[Finding, ...]) -> list[list[Finding]]:
    """Findings that differ only in cell and exchange, together (worst first, order kept)."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for item in findings:
        key = (item.requirement, item.verdict, item.expected, item.received, item.where.path)
        groups.setdefault(key, []).append(item)
    return list(groups.values())


def finding_line(item: Finding, catalogue: Catalogue, lang: Lang) -> str:
    """One finding as plain text, for pytest's and Allure's failure message."""
    return finding_block([item], catalogue, lang).plain.rstrip()


def finding_block(items: list[Finding], catalogue: Catalogue, lang: Lang) -> Styled:
    """One finding as a block: what, whose side, where, expected, received, next step."""
    item = items[0]
    dutch = lang == "nl"
    title = catalogue[item.requirement].title.of(lang) if item.requirement in catalogue else ""
    block = Styled()
    block.append(f"  {SYMBOL[item.verdict]} {item.requirement} ", style=STYLE[item.verdict])
    block.append(f"{VERDICT_TEXT[item.verdict].of(lang)}: {title}\n")
    lines = []
    if item.blame is not None:
        lines.append(
            ("kant" if dutch else "side", f"{BLAME_TEXT[item.blame].of(lang)} ({item.party or '-'})")
        )
    place = " ".join(part for part in (item.where.exchange, item.where.path) if part)
    if item.where.line:
        place += f" ({item.where.line}:{item.where.column})"
    more = len(items) - 1
    if more:
        place += f" (+{more})"
    lines.append(("waar" if dutch else "where", place))
    lines.append(("verwacht" if dutch else "expected", item.expected))
    lines.append(("gekregen" if dutch else "received", item.received))
    lines.append(("volgende stap" if dutch else "next step", item.next_step.of(lang)))
    for label, value in lines:
        if value.strip():
            block.append(f"      {label + ':':<15}", style="dim")
            block.append(f"{value}\n")
    return block
