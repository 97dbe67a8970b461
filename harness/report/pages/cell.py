"""What a cell page shows: findings, what is met per topic, the other standards of the pair, messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Cell, Finding
from harness.core.text import Lang, Text
from harness.core.verdicts import Verdict
from harness.judge.catalogue import Catalogue, Requirement
from harness.report.grouping import OPEN, OpenGroup, by_reason, grouped, worst_first
from harness.report.pages.messages import Place, Row, cited_rows, places
from harness.report.summary import CellSummary
from harness.report.words import FOUND, word

TOPIC: Final[Mapping[str, Text]] = {
    "trust": Text(nl="vertrouwen en toegang", en="trust and access"),
    "consent": Text(nl="toestemming", en="consent"),
    "client": Text(nl="wat het PGO doet", en="what the PGO does"),
    "lists": Text(nl="lijsten van het stelsel", en="lists of the network"),
    "transport": Text(nl="verbinding", en="connection"),
    "identity": Text(nl="de juiste persoon", en="the right person"),
    "leak": Text(nl="niets te veel", en="nothing too much"),
    "selection": Text(nl="de juiste gegevens", en="the right data"),
    "value": Text(nl="inhoud gelijk aan het dossier", en="content as in the record"),
    "status": Text(nl="toestand van gegevens", en="status of data"),
    "form": Text(nl="vorm volgens FHIR en profiel", en="form by FHIR and profile"),
    "document": Text(nl="documenten", en="documents"),
    "paging": Text(nl="bladeren", en="paging"),
}
"""What requirements are about."""
_FLOWS: Final[tuple[tuple[tuple[str, ...], Text], ...]] = (
    (("collect", "again"), Text(nl="gegevens ophalen", en="collect data")),
    (("share",), Text(nl="gegevens delen", en="share data")),
    (("refresh",), Text(nl="token verversen", en="refresh a token")),
    (("var-",), Text(nl="varianten die moeten lukken", en="variants that have to work")),
    (("neg-",), Text(nl="wat niet mag lukken", en="what must not work")),
    (("refused-",), Text(nl="verzoeken die geweigerd moeten worden", en="requests that must be refused")),
    (("probe-",), Text(nl="verbinding en TLS", en="connection and TLS")),
    (("",), Text(nl="overige", en="others")),
)
"""Groups of messages by the beginning of their flow; the first that fits."""
_SCRIPT: Final = (
    "request", "response", "body", "search messages", "only evidence", "only failures", "previous", "next",
    "copy as curl", "copied", "no answer", "evidence", "lines left out", "choose a message", "not readable",
)  # fmt: skip
"""Words that the script of the page says."""


Met = tuple[Requirement, Verdict, bool]
"""A requirement, how it was found, and whether elsewhere."""


@dataclass(frozen=True)
class CellPage:
    """One cell.

    :ivar groups: what was found, worst first; ``open``: what is not decided, by reason.
    :ivar met: requirements that are met or do not apply, per topic, and whether that was found elsewhere.
    :ivar cited: messages that a finding points at; ``places``: where in them, by finding id.
    """

    cell: Cell
    summary: CellSummary
    groups: tuple[list[Finding], ...]
    open: tuple[OpenGroup, ...]
    met: Mapping[str, tuple[Met, ...]]
    cited: tuple[Row, ...]
    places: Mapping[str, Place]
    total: int

    @property
    def number_met(self) -> int:
        """How many requirements are met or do not apply."""
        return sum(len(items) for items in self.met.values())

    @property
    def around(self) -> dict[str, int]:
        """Per message the first place that a finding points at."""
        found: dict[str, int] = {}
        for place in self.places.values():
            found[place.exchange] = min(place.offset, found.get(place.exchange, place.offset))
        return found

    def script_data(self, lang: Lang, titles: Mapping[str, str]) -> dict[str, Any]:
        """What the script of the page needs to know: words, groups, and what each message is evidence of."""
        marks: dict[str, list[tuple[str, int, str]]] = {}
        proof: dict[str, str] = {}
        for items in self.groups:
            for item in items:
                said = f"{FOUND[item.verdict].of(lang)}: {titles[item.requirement]} ({item.requirement})"
                proof.setdefault(item.where.exchange, said)
                place = self.places.get(item.id)
                if place is not None:
                    marks.setdefault(place.exchange, []).append((place.side, place.offset, said))
        for group in self.open:
            for item in group.evidence:
                said = f"{FOUND[item.verdict].of(lang)}: {titles[item.requirement]} ({item.requirement})"
                proof.setdefault(item.where.exchange, said)
        return {
            "words": {name: word(name, lang) for name in _SCRIPT},
            "flows": [(starts, text.of(lang)) for starts, text in _FLOWS],
            "marks": marks,
            "proof": proof,
        }


def cell_page(
    found: CellSummary,
    findings: Iterable[Finding],
    quiet: Mapping[str, tuple[Verdict, bool]],
    exchanges: Sequence[Exchange],
    catalogue: Catalogue,
) -> CellPage:
    """The page of a cell.

    :param findings: what asks for attention here, found here or elsewhere.
    :param quiet: requirements that were found met or not applicable, and whether elsewhere.
    """
    bad = worst_first(findings, catalogue)
    cited = {item.where.exchange for item in bad}
    return CellPage(
        cell=found.cell,
        summary=found,
        groups=tuple(grouped(item for item in bad if item.verdict not in OPEN)),
        open=by_reason(bad),
        met=_met(quiet, {item.requirement for item in bad}, catalogue),
        cited=tuple(cited_rows(exchanges, cited)),
        places=places(exchanges, bad),
        total=len(exchanges),
    )


def _met(
    quiet: Mapping[str, tuple[Verdict, bool]], bad: AbstractSet[str], catalogue: Catalogue
) -> dict[str, tuple[Met, ...]]:
    found: dict[str, list[Met]] = {topic: [] for topic in TOPIC}
    for name, (verdict, elsewhere) in sorted(quiet.items()):
        if name not in bad and name in catalogue:
            found[catalogue[name].topic].append((catalogue[name], verdict, elsewhere))
    return {topic: tuple(items) for topic, items in found.items() if items}
