"""The HTML report: a matrix page, one page per vendor, one evidence page per cell; Dutch and English.

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
from harness.medmij.releases import oldest_first
from harness.report.basiseisen import Basiseis, basiseis_rows
from harness.report.summary import CellSummary, RunSummary, VendorSummary, grouped, summarise, worst_first
from harness.report.words import SIDE, SYMBOL, VERDICT, title, word

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
    """File name of a page: ``matrix``, ``vendor`` (HIS id) or ``cell`` (cell key)."""
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
            self._write(folder, lang, "matrix", "", self._matrix(lang))
            for vendor in self._summary.vendors:
                self._write(folder, lang, "vendor", vendor.his.id, self._vendor(vendor, lang))
        for cell in self._info.plan:
            exchanges = self._exchanges_of(cell)
            for lang in LANGUAGES:
                self._write(folder, lang, "cell", cell.key, self._cell(cell, exchanges, folder))
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
            symbol=SYMBOL.__getitem__,
            label=lambda verdict: VERDICT[verdict].of(lang),
            side=lambda blame: SIDE[blame].of(lang),
            title=lambda identifier: self._title(identifier).of(lang),
            source=self._source,
            name=_name,
        )
        write_atomic(folder / page(kind, key, lang), template.render(**context).encode())

    def _title(self, requirement: str) -> Text:
        if requirement in self._catalogue:
            return self._catalogue[requirement].title
        return Text(nl=requirement, en=requirement)

    def _source(self, requirement: str) -> str:
        return self._catalogue[requirement].source if requirement in self._catalogue else "–"

    def _matrix(self, lang: Lang) -> dict[str, Any]:
        rows: dict[tuple[str, str, str, str], MatrixRow] = {}
        for vendor in self._summary.vendors:
            for item in vendor.cells:
                cell = item.cell
                key = (cell.his, cell.dvza, cell.standard, cell.release)
                row = rows.setdefault(key, MatrixRow(*key, cells={}))
                row.cells[cell.pgo] = item
        pgos = list(dict.fromkeys(cell.pgo for cell in self._info.plan))
        return {"run": self._summary, "rows": list(rows.values()), "pgos": pgos}

    def _vendor(self, vendor: VendorSummary, lang: Lang) -> dict[str, Any]:
        return {
            "vendor": vendor,
            "groups": grouped(vendor.findings),
            "standards": sorted({item.cell.standard for item in vendor.cells}),
            "releases": oldest_first(item.cell.release for item in vendor.cells),
            "basiseisen": self._basiseisen(vendor),
        }

    def _basiseisen(self, vendor: VendorSummary) -> list[Basiseis]:
        return basiseis_rows((row.requirement, row.verdict) for row in vendor.rows)

    def _cell(self, cell: Cell, exchanges: Sequence[Exchange], folder: Path) -> dict[str, Any]:
        mine = [item for item in self._findings if item.cell == cell]
        bad = worst_first(mine, self._catalogue)
        counts = next(
            item.counts for vendor in self._summary.vendors for item in vendor.cells if item.cell == cell
        )
        return {
            "cell": cell,
            "counts": counts,
            "groups": grouped(bad),
            "exchanges": exchanges,
            "cited": {item.where.exchange for item in bad},
            "body": body_text,
            "har": f"../exchanges/{self._run.har(cell.key).name}",
        }


def _name(participant: ParticipantVersion) -> str:
    parts = [participant.vendor, participant.product, participant.version]
    text = " ".join(part for part in parts if part)
    return f"{text} ({participant.id})" if text else participant.id
