"""The HTML report: a matrix page, one page per party, one evidence page per cell; Dutch and English.

Functions of the run folder. Every page is self-contained and works from ``file://``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from harness.core.ids import safe_name
from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Cell, Finding
from harness.core.run.folder import RunFolder
from harness.core.run.info import ParticipantVersion, RunInfo
from harness.core.run.place import disk
from harness.core.text import LANGUAGES, Lang, Text
from harness.judge.catalogue import Catalogue
from harness.judge.cells import cell_exchanges
from harness.judge.outcome.waiving import day_of
from harness.report.evidence import cited_rows, data_file
from harness.report.grouping import OPEN, QUIET, by_reason, grouped, how_often, worst_first
from harness.report.headlines import (
    NO_EVIDENCE,
    budgets,
    cleaned,
    counted_of,
    outcome_word,
    reached,
)
from harness.report.summary import CellSummary, PartySummary, RunSummary, summarise
from harness.report.vendor.page import TERMS, vendor_page
from harness.report.words import (
    FOUND,
    KIND,
    LIKE,
    SHARED,
    SIDE,
    STATE,
    STATE_SYMBOL,
    SYMBOL,
    VERDICT,
    WHY_UNASSIGNED,
    amount,
    more,
    title,
    told,
    word,
)


@dataclass(frozen=True)
class MatrixRow:
    """A row of the matrix page."""

    his: str
    dvza: str
    standard: str
    release: str
    cells: dict[str, CellSummary]


def page(kind: str, key: str, lang: Lang) -> str:
    """File name of a page: ``matrix``, ``vendor`` (participant id) or ``cell`` (cell key)."""
    if kind == "matrix":
        return "index.html" if lang == "nl" else "index.en.html"
    return f"{kind}-{safe_name(key)}.{lang}.html"


def data_page(key: str) -> str:
    """File name of the script with the messages of a cell."""
    return f"cell-{safe_name(key)}.js"


def write_report(
    run: RunFolder,
    info: RunInfo,
    findings: Sequence[Finding],
    catalogue: Catalogue,
    folder: Path | None = None,
) -> Path:
    """Write the pages of a run; returns the first one.

    :param folder: where; default: the report folder of the run.
    """
    return HtmlReport(run, info, findings, catalogue).write(folder or run.report)


class HtmlReport:
    """Writes the pages of one run.

    :param run: where the recordings are.
    """

    def __init__(
        self, run: RunFolder, info: RunInfo, findings: Sequence[Finding], catalogue: Catalogue
    ) -> None:
        self._run = run
        self._catalogue = catalogue
        self._info = info
        self._summary = summarise(info, findings, catalogue, run)
        self._cells = {item.cell.key: item for item in self._summary.cells}
        self._shown: dict[str, list[Finding]] = {}
        for item in findings:
            for key in (item.cell.key, *item.holds_for) if item.verdict not in QUIET else ():
                self._shown.setdefault(key, []).append(item)
        self._participants = {item.id: item for item in info.participants}
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
        )

    @property
    def summary(self) -> RunSummary:
        """The facts that the pages show."""
        return self._summary

    def write(self, folder: Path) -> Path:
        """Write all pages into ``folder``; returns the Dutch matrix page."""
        for lang in LANGUAGES:
            self._write(folder, lang, "matrix", "", self._matrix())
            for item in self._summary.parties.values():
                self._write(folder, lang, "vendor", item.party.id, self._party(item))
        for cell in self._info.plan:
            exchanges = cell_exchanges(self._run, cell)
            disk.write(folder / data_page(cell.key), data_file(exchanges), durable=False)
            for lang in LANGUAGES:
                self._write(folder, lang, "cell", cell.key, self._cell(cell, exchanges))
        return folder / page("matrix", "", "nl")

    def _write(self, folder: Path, lang: Lang, kind: str, key: str, context: dict[str, Any]) -> None:
        template = self._environment.get_template(f"{kind}.html.j2")
        template.globals.update(
            w=lambda name: word(name, lang),
            W=lambda name: title(name, lang),
            lang=lang,
            page=page,
            info=self._info,
            other=page(kind, key, "en" if lang == "nl" else "nl"),
            rehearsal=self._summary.rehearsal,
            no_evidence=NO_EVIDENCE,
            grouped=grouped,
            budgets=budgets,
            reached=reached,
            cleaned=cleaned,
            **self._verdict_words(lang),
            **self._party_words(lang),
        )
        disk.write(folder / page(kind, key, lang), template.render(**context).encode(), durable=False)

    def _verdict_words(self, lang: Lang) -> dict[str, Any]:
        """What templates say of verdicts, states and requirements."""
        return {
            "symbol": SYMBOL.__getitem__,
            "label": lambda verdict: VERDICT[verdict].of(lang),
            "shared_mark": SHARED,
            "how_often": lambda items: how_often(items).of(lang),
            "found": lambda verdict: FOUND[verdict].of(lang),
            "side": lambda blame: SIDE[blame].of(lang),
            "state_symbol": STATE_SYMBOL.__getitem__,
            "state_label": lambda state: STATE[state].of(lang),
            "state_class": lambda state: LIKE[state].value if state in LIKE else "waived",
            "tally": lambda tally: told(tally).of(lang),
            "more": lambda number: more(number).of(lang),
            "number": lambda number: amount(number, "finding").of(lang),
            "title": lambda identifier: self._title(identifier).of(lang),
            "source": self._source,
            "why_unassigned": lambda reason: WHY_UNASSIGNED[reason].of(lang),
            "unassigned_number": sum(item.number for item in self._summary.unassigned),
        }

    def _party_words(self, lang: Lang) -> dict[str, Any]:
        """What templates say of parties and outcomes."""
        run = self._summary

        def outcome(item: PartySummary) -> str:
            if not run.stated(item):
                return KIND[item.party.kind].of(lang)
            return outcome_word(item.standing, rehearsal=run.rehearsal).of(lang)

        return {
            "name": _name,
            "info_of": self._participants.__getitem__,
            "has_page": run.parties.__contains__,
            "kind": lambda party: KIND[party.kind].of(lang) if party.kind in KIND else party.kind,
            "stated": run.stated,
            "outcome": outcome,
            "counted": lambda item: counted_of(item.result).of(lang),
            "outcome_word": lambda one: outcome_word(one, rehearsal=run.rehearsal).of(lang),
            "outcome_class": lambda item: item.standing.outcome.value if run.stated(item) else "unstated",
        }

    def _title(self, requirement: str) -> Text:
        if requirement in self._catalogue:
            return self._catalogue[requirement].title
        return Text(nl=requirement, en=requirement)

    def _source(self, requirement: str) -> str:
        return self._catalogue[requirement].source if requirement in self._catalogue else "–"

    def _matrix(self) -> dict[str, Any]:
        rows: dict[tuple[str, str, str, str], MatrixRow] = {}
        for item in self._summary.cells:
            cell = item.cell
            key = (cell.his, cell.dvza, cell.standard, cell.release)
            row = rows.setdefault(key, MatrixRow(*key, cells={}))
            row.cells[cell.pgo] = item
        pgos = list(dict.fromkeys(cell.pgo for cell in self._info.plan))
        return {"run": self._summary, "rows": list(rows.values()), "pgos": pgos}

    def _party(self, item: PartySummary) -> dict[str, Any]:
        told = vendor_page(self._summary, item.party.id, self._catalogue, day_of(self._info))
        return {"report": told, "terms": TERMS}

    def _cell(self, cell: Cell, exchanges: Sequence[Exchange]) -> dict[str, Any]:
        bad = worst_first(self._shown.get(cell.key, ()), self._catalogue)
        found = self._cells[cell.key]
        return {
            "cell": cell,
            "here": cell,
            "counts": found.counts,
            "shared": found.shared,
            "groups": grouped(item for item in bad if item.verdict not in OPEN),
            "open": by_reason(bad),
            "total": len(exchanges),
            "cited": list(cited_rows(exchanges, {item.where.exchange for item in bad})),
            "data": data_page(cell.key),
        }


def _name(participant: ParticipantVersion) -> str:
    parts = [participant.vendor, participant.product, participant.version]
    text = " ".join(part for part in parts if part)
    return f"{text} ({participant.id})" if text else participant.id
