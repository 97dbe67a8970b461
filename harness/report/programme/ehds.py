"""Informative annex: what of the technical documentation by Regulation (EU) 2025/327 a run or dossier fills.

This harness is no digital testing environment of the Commission or a Member State (article 40), and nothing
in the annex gives a presumption of conformity: it helps a manufacturer to find what is there already.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from harness.core.data import data_path
from harness.core.standards.table import standards
from harness.core.text import Text
from harness.core.yamlfile import load_yaml
from harness.report.summary import PartySummary, RunSummary
from harness.report.vendor.first import day
from harness.report.words import amount

TITLE: Final = Text(
    nl="Bijlage (informatief): technische documentatie volgens de EHDS",
    en="Annex (informative): technical documentation by the EHDS",
)
CAPTION: Final = Text(
    nl="Verordening (EU) 2025/327, artikelen 37 en 40 en bijlage III. Deze harness is geen digitale "
    "testomgeving in de zin van artikel 40: niets hieronder geeft een vermoeden van conformiteit.",
    en="Regulation (EU) 2025/327, articles 37 and 40 and annex III. This harness is no digital testing "
    "environment in the sense of article 40: nothing below gives a presumption of conformity.",
)
HEADS: Final = (
    Text(nl="nr", en="no."),
    Text(nl="onderdeel", en="item"),
    Text(nl="hierin", en="in here"),
    Text(nl="blijft open", en="stays open"),
)
_ALL: Final = Text(nl="alles", en="all of it")
_NOTHING: Final = Text(nl="niets", en="nothing")


@dataclass(frozen=True)
class Item:
    """One item of the technical documentation; ``shows``: what fills a part of it, ``""``: nothing."""

    id: str
    title: Text
    shows: str
    rest: Text


@dataclass(frozen=True)
class AnnexRow:
    """One item with what is there of it; ``partly``: anything is."""

    item: Item
    partly: bool
    here: Text
    open: Text


@cache
def items() -> tuple[Item, ...]:
    """The items, in the order of the regulation."""
    document = load_yaml(data_path("profiles", "open-programma", "ehds.yaml"))
    return tuple(
        Item(str(raw["id"]), Text(**raw["title"]), str(raw.get("shows", "")), Text(**raw.get("rest", _NONE)))
        for raw in document.data["items"]
    )


_NONE: Final = {"nl": "", "en": ""}


def annex(run: RunSummary, mine: PartySummary) -> list[AnnexRow]:
    """What a run or dossier shows of the technical documentation of a HIS."""
    rows = []
    for item in items():
        here = _SHOWN[item.shows](run, mine) if item.shows else None
        rows.append(
            AnnexRow(item, here is not None, here or _NOTHING, item.rest if here is not None else _ALL)
        )
    return rows


def _version(run: RunSummary, mine: PartySummary) -> Text | None:
    party = mine.party
    if not party.version:
        return None
    when = day(run.info.now[:10])
    return Text(nl=f"{party.name}, getoetst op {when.nl}", en=f"{party.name}, tested on {when.en}")


def _standards(run: RunSummary, mine: PartySummary) -> Text | None:
    known = standards()
    titles = [known[name].title for name in mine.standards if name in known]
    if not titles:
        return None
    return Text(
        nl="uitgewisseld volgens " + ", ".join(title.nl for title in titles),
        en="exchanged by " + ", ".join(title.en for title in titles),
    )


def _parties(run: RunSummary, mine: PartySummary) -> Text | None:
    counts = [amount(len(ids), role) for role, ids in mine.others.items() if ids]
    if not counts:
        return None
    return Text(
        nl="getoetst met " + ", ".join(one.nl for one in counts),
        en="tested with " + ", ".join(one.en for one in counts),
    )


def _versions(run: RunSummary, mine: PartySummary) -> Text | None:
    near = [mine, *run.dvzas_of(mine)]
    told = [f"{one.party.role.upper()} {one.party.name}" for one in near if one.party.version]
    return Text(nl="; ".join(told), en="; ".join(told)) if told else None


def _exchanges(run: RunSummary, mine: PartySummary) -> Text | None:
    done = amount(sum(1 for cell in mine.cells if any(cell.counts.values())), "cell")
    if done.en.startswith("0 "):
        return None
    return Text(nl=f"opnamen van {done.nl}", en=f"recordings of {done.en}")


def _tests(run: RunSummary, mine: PartySummary) -> Text | None:
    decided = sum(1 for row in mine.rows if row.tally.passed or row.tally.warned or row.tally.failed)
    if not decided:
        return None
    number, broken = amount(decided, "any requirement"), amount(len(mine.findings), "finding")
    return Text(
        nl=f"uitslag van {number.nl}, {broken.nl}; het geheel is te verifiëren en opnieuw te beoordelen",
        en=f"result of {number.en}, {broken.en}; all of it can be verified and judged again",
    )


_SHOWN: Final[Mapping[str, Callable[[RunSummary, PartySummary], Text | None]]] = {
    "version": _version,
    "standards": _standards,
    "parties": _parties,
    "versions": _versions,
    "exchanges": _exchanges,
    "tests": _tests,
}
