"""The HTML report: a matrix page, one page per party, one evidence page per cell; Dutch and English.

Functions of the run folder. Every page is self-contained and works from ``file://``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from harness.core.algebra import Outcome
from harness.core.ids import safe_name
from harness.core.run.findings import Finding
from harness.core.run.folder import RunFolder
from harness.core.run.info import ParticipantVersion, RunInfo
from harness.core.run.place import disk
from harness.core.standards.table import standard
from harness.core.text import LANGUAGES, Lang, Text
from harness.core.verdicts import Verdict
from harness.judge.catalogue import Catalogue
from harness.judge.cells import cell_exchanges
from harness.judge.outcome.waiving import day_of
from harness.report.dossier.compare import TITLES
from harness.report.grouping import QUIET, grouped, how_often
from harness.report.headlines import (
    NO_EVIDENCE,
    budgets,
    cleaned,
    counted_of,
    outcome_word,
    reached,
)
from harness.report.pages.cell import TOPIC, CellPage, Met, cell_page
from harness.report.pages.frame import render
from harness.report.pages.matrix import LOOK_NAME, LOOK_SYMBOL, Token, matrix
from harness.report.pages.messages import data_file
from harness.report.pages.since import KEY, MARK, Since
from harness.report.pages.since import LOOK as CHANGE_LOOK
from harness.report.programme import ehds
from harness.report.summary import PartySummary, RunSummary, summarise
from harness.report.vendor.page import TERMS, vendor_page
from harness.report.words import (
    FOUND,
    KIND,
    LIKE,
    LOOK,
    SHARED,
    SIDE,
    STATE,
    STATE_SYMBOL,
    SYMBOL,
    VERDICT,
    WAIVED,
    WHY_UNASSIGNED,
    amount,
    more,
    told,
)

FILE_MODE: Final = 0o644
FOLDER_MODE: Final = 0o755
_OUTCOME: Final[Mapping[Outcome, str]] = {
    Outcome.CONFORMS: "p",
    Outcome.FAILS: "f",
    Outcome.NO_VERDICT: "o",
}
"""How an outcome looks."""


def page(kind: str, key: str, lang: Lang) -> str:
    """File name of a page: ``matrix``, ``compare``, ``vendor`` (participant id) or ``cell`` (cell key)."""
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
    since: Since | None = None,
) -> Path:
    """Write the pages of a run; returns the first one.

    :param folder: where; default: the report folder of the run.
    :param since: what changed since an earlier run: marked, and listed on a page of its own.
    """
    return HtmlReport(run, info, findings, catalogue, since).write(folder or run.report)


class HtmlReport:
    """Writes the pages of one run.

    :param run: where the recordings are.
    :param since: what changed since an earlier run.
    """

    def __init__(
        self,
        run: RunFolder,
        info: RunInfo,
        findings: Sequence[Finding],
        catalogue: Catalogue,
        since: Since | None = None,
    ) -> None:
        self._run = run
        self._catalogue = catalogue
        self._info = info
        self._summary = summarise(info, findings, catalogue, run)
        self._since = since
        self._matrix = matrix(self._summary, catalogue, self._since)
        self._tabs: dict[str, tuple[Token, ...]] = {
            token.cell.key: pair.tokens
            for row in self._matrix.rows
            for pair in row.pairs.values()
            for token in pair.tokens
        }
        self._shown: dict[str, list[Finding]] = {}
        self._quiet: dict[str, dict[str, tuple[Verdict, bool]]] = {}
        for item in findings:
            for key in (item.cell.key, *item.holds_for):
                if item.verdict not in QUIET:
                    self._shown.setdefault(key, []).append(item)
                elif item.verdict is Verdict.PASS or item.requirement not in self._quiet.get(key, {}):
                    elsewhere = key != item.cell.key
                    self._quiet.setdefault(key, {})[item.requirement] = (item.verdict, elsewhere)
        self._participants = {item.id: item for item in info.participants}
        self._lists: dict[tuple[object, ...], str] = {}
        self._words = {lang: self._named(lang) for lang in LANGUAGES}

    @property
    def summary(self) -> RunSummary:
        """The facts that the pages show."""
        return self._summary

    def write(self, folder: Path) -> Path:
        """Write all pages into ``folder``, to be read by anybody; returns the Dutch matrix page."""
        for lang in LANGUAGES:
            self._write(folder, lang, "matrix", "", {"run": self._summary, "grid": self._matrix})
            if self._since is not None:
                self._write(folder, lang, "compare", "since", self._compared(lang))
            else:
                (folder / page("compare", "since", lang)).unlink(missing_ok=True)
            for item in self._summary.parties.values():
                self._write(folder, lang, "vendor", item.party.id, self._party(item))
        for found in self._summary.cells:
            cell = found.cell
            exchanges = cell_exchanges(self._run, cell)
            shown = cell_page(
                found,
                self._shown.get(cell.key, ()),
                self._quiet.get(cell.key, {}),
                exchanges,
                self._catalogue,
            )
            self._file(folder / data_page(cell.key), data_file(exchanges, shown.around))
            for lang in LANGUAGES:
                self._write(folder, lang, "cell", cell.key, self._cell(shown, lang))
        folder.chmod(FOLDER_MODE)
        return folder / page("matrix", "", "nl")

    def _write(self, folder: Path, lang: Lang, kind: str, key: str, context: Mapping[str, Any]) -> None:
        words = {**self._words[lang], "other": page(kind, key, "en" if lang == "nl" else "nl"), **context}
        self._file(folder / page(kind, key, lang), render(kind, lang, words))

    def _file(self, path: Path, data: bytes) -> None:
        """A file that a web server can read, whatever the run was told of its own files."""
        disk.write(path, data, durable=False)
        path.chmod(FILE_MODE)

    def _named(self, lang: Lang) -> dict[str, Any]:
        """What every template may name."""
        return {
            "page": page,
            "info": self._info,
            "rehearsal": self._summary.rehearsal,
            "no_evidence": NO_EVIDENCE,
            "grouped": grouped,
            "budgets": budgets,
            "reached": reached,
            "cleaned": cleaned,
            "since": self._since,
            "change_mark": MARK,
            "change_look": CHANGE_LOOK,
            "change_key": KEY,
            "change_title": lambda change: TITLES[change].of(lang),
            **self._verdict_words(lang),
            **self._party_words(lang),
        }

    def _lines(self, lang: Lang, items: tuple[Met, ...]) -> str:
        """Requirements that are met. Cells of the same parties say the same; each list is made once."""
        key = (lang, *((requirement.id, verdict, elsewhere) for requirement, verdict, elsewhere in items))
        if key not in self._lists:
            self._lists[key] = render("met", lang, {**self._words[lang], "items": items}).decode()
        return self._lists[key]

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
            "look": LOOK,
            "look_name": LOOK_NAME,
            "look_symbol": LOOK_SYMBOL,
            "state_class": lambda state: LOOK[LIKE[state]] if state in LIKE else WAIVED,
            "tally": lambda tally: told(tally).of(lang),
            "more": lambda number: more(number).of(lang),
            "number": lambda number, noun="finding": amount(number, noun).of(lang),
            "standard_name": lambda identifier: standard(identifier).name.of(lang),
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
            "has_party": self._participants.__contains__,
            "kind": lambda party: KIND[party.kind].of(lang) if party.kind in KIND else party.kind,
            "stated": run.stated,
            "outcome": outcome,
            "counted": lambda item: counted_of(item.result).of(lang),
            "outcome_word": lambda one: outcome_word(one, rehearsal=run.rehearsal).of(lang),
            "outcome_class": lambda item: _OUTCOME[item.standing.outcome] if run.stated(item) else "",
            "standing_class": lambda one: _OUTCOME[one.outcome] if one is not None else "",
        }

    def _title(self, requirement: str) -> Text:
        if requirement in self._catalogue:
            return self._catalogue[requirement].title
        return Text(nl=requirement, en=requirement)

    def _source(self, requirement: str) -> str:
        return self._catalogue[requirement].source if requirement in self._catalogue else "–"

    def _compared(self, lang: Lang) -> dict[str, Any]:
        names = {item.id: item.name for item in self._info.participants}
        cells = {one.cell.key: one.cell for one in self._summary.cells}

        def where(key: str, party: str) -> str:
            """A cell for whoever reads about one of its parties."""
            if key not in cells:
                return key
            cell = cells[key]
            pair = " × ".join(names[name] for name in (cell.his, cell.pgo) if name != party)
            return f"{pair} · {standard(cell.standard).name.of(lang)}"

        return {"where": where, "has_cell": cells.__contains__}

    def _party(self, item: PartySummary) -> dict[str, Any]:
        told = vendor_page(self._summary, item.party.id, self._catalogue, day_of(self._info))
        return {"report": told, "terms": TERMS, "annex": ehds}

    def _cell(self, shown: CellPage, lang: Lang) -> dict[str, Any]:
        cell = shown.cell
        named = {item.requirement for items in shown.groups for item in items}
        named |= {name for group in shown.open for name in group.requirements}
        return {
            "one": shown,
            "here": cell,
            "place_of": shown.places,
            "tabs": self._tabs[cell.key],
            "topics": TOPIC,
            "lines": lambda items: self._lines(lang, items),
            "data": data_page(cell.key),
            "script_data": shown.script_data(lang, {name: self._title(name).of(lang) for name in named}),
        }


def _name(participant: ParticipantVersion) -> str:
    parts = [participant.vendor, participant.product, participant.version]
    text = " ".join(part for part in parts if part)
    return f"{text} ({participant.id})" if text else participant.id
