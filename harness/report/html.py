"""The HTML report: a matrix page, one page per party, one evidence page per cell; Dutch and English.

Functions of the run folder. Every page is self-contained and works from ``file://``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from harness.core.ids import safe_name
from harness.core.run.exchanges import Exchange, Headers, media_type
from harness.core.run.findings import Cell
from harness.core.run.folder import RunFolder, write_atomic
from harness.core.run.info import ParticipantVersion
from harness.core.text import LANGUAGES, Lang, Text
from harness.judge.catalogue import Catalogue
from harness.judge.cells import cell_exchanges
from harness.judge.tally import Asking
from harness.report.basiseisen import EVERY_PGO, BasiseisRow, basiseis_rows
from harness.report.grouping import OPEN, by_reason, grouped, worst_first
from harness.report.headlines import NO_EVIDENCE, counted_of, obstacles, outcome_word, partial
from harness.report.summary import CellSummary, PartySummary, RunSummary, summarise
from harness.report.words import (
    FOUND,
    KIND,
    LIKE,
    ORIGIN,
    SIDE,
    STATE,
    STATE_SYMBOL,
    SYMBOL,
    VERDICT,
    amount,
    more,
    title,
    told,
    word,
)

BODY_LIMIT = 4_000
CITED_BODY_LIMIT = 60_000
_TEXT_TYPES = ("json", "xml", "text", "html", "x-www-form-urlencoded", "javascript")


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


def body_text(body: bytes, headers: Headers, cited: bool) -> str:
    """A message body for people: text cut at a limit, binary described."""
    if not body:
        return ""
    kind = media_type(headers)
    if kind and not any(part in kind for part in _TEXT_TYPES):
        return f"[{kind}, {len(body)} bytes]"
    limit = CITED_BODY_LIMIT if cited else BODY_LIMIT
    text = body[:limit].decode("utf-8", errors="replace")
    return text if len(body) <= limit else f"{text}\n… ({len(body)} bytes)"


def write_report(
    run: RunFolder,
    catalogue: Catalogue,
    exchanges_of: Callable[[Cell], Sequence[Exchange]] | None = None,
) -> Path:
    """Write the pages of a run into its folder; returns the first one.

    :param exchanges_of: the exchanges of a cell, when they are already in memory.
    """
    pages = HtmlReport(run, catalogue, exchanges_of or (lambda cell: cell_exchanges(run, cell)))
    return pages.write(run.path / "report")


class HtmlReport:
    """Writes the pages of one run.

    :param exchanges_of: reads the exchanges of a cell (from its HAR file).
    """

    def __init__(
        self, run: RunFolder, catalogue: Catalogue, exchanges_of: Callable[[Cell], Sequence[Exchange]]
    ) -> None:
        self._run = run
        self._catalogue = catalogue
        self._exchanges_of = exchanges_of
        self._info = run.info()
        self._findings = run.findings()
        self._summary = summarise(self._info, self._findings, catalogue)
        self._participants = {item.id: item for item in self._info.participants}
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
            exchanges = self._exchanges_of(cell)
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
            **self._verdict_words(lang),
            **self._party_words(lang),
        )
        write_atomic(folder / page(kind, key, lang), template.render(**context).encode())

    def _verdict_words(self, lang: Lang) -> dict[str, Any]:
        """What templates say of verdicts, states and requirements."""
        return {
            "symbol": SYMBOL.__getitem__,
            "label": lambda verdict: VERDICT[verdict].of(lang),
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
            "partial": lambda item: partial(item.result.shortfall).of(lang),
            "obstacles": lambda item: [text.of(lang) for text in obstacles(item.standing)],
            "records": lambda item: [ORIGIN[origin].of(lang) for origin in self._origins(item)],
            "capabilities": lambda item: self._info.settings.capabilities.get(item.party.id, ()),
        }

    def _origins(self, item: PartySummary) -> list[str]:
        """Origins of the records that a party's cells are compared with."""
        asking = Asking(self._info, self._catalogue)
        return sorted({asking.origin(one.cell) for one in item.cells})

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
        run = self._summary
        dvzas = run.dvzas_of(item)
        parts = [item, *(one for one in dvzas if run.stated(one))]
        return {
            "mine": item,
            "dvzas": dvzas,
            "parts": parts,
            "both": run.together(item),
            "basiseisen": self._basiseisen(parts) if item.party.role == "his" and run.stated(item) else [],
            "every_pgo": EVERY_PGO,
            "pgo_findings": [
                run.parties[name] for name in item.others.get("pgo", ()) if run.parties[name].findings
            ],
        }

    def _basiseisen(self, supplier: Sequence[PartySummary]) -> list[BasiseisRow]:
        return basiseis_rows((row for part in supplier for row in part.rows), self._catalogue)

    def _cell(self, cell: Cell, exchanges: Sequence[Exchange]) -> dict[str, Any]:
        bad = worst_first((item for item in self._findings if item.cell == cell), self._catalogue)
        return {
            "cell": cell,
            "counts": next(item.counts for item in self._summary.cells if item.cell == cell),
            "groups": grouped(item for item in bad if item.verdict not in OPEN),
            "open": by_reason(bad),
            "exchanges": exchanges,
            "cited": {item.where.exchange for item in bad},
            "body": body_text,
            "har": f"../exchanges/{self._run.har(cell.key).name}",
        }


def _name(participant: ParticipantVersion) -> str:
    parts = [participant.vendor, participant.product, participant.version]
    text = " ".join(part for part in parts if part)
    return f"{text} ({participant.id})" if text else participant.id
