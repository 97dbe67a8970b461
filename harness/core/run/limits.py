"""What a run puts up with: how long and how much, and what is said when that is used up or a party is gone.

The numbers stand in ``run-start.json``. A limit never decides a verdict: what could not be seen because of
one is undecided, and says which limit it was and who was waited for.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from harness.core.http.bounds import MAX_BODY
from harness.core.run.exchanges import failure
from harness.core.text import Phrase, Text, counted, joined

LONGEST_REQUEST: Final = 65.0
"""Seconds: the framework allows a resource server 60 (``core.rscint.202``)."""
FAILURES: Final = 3
"""Equal failures in a row after which a host is left alone for the rest of the run."""
GONE: Final = ("connect", "timeout", "tls", "protocol: closed without an answer")
"""Failures without any answer (beginnings of errors); who answers nonsense is there."""
RESERVE: Final = 0.1
"""Part of the budget of a run that is kept for judging and reporting; between these two (seconds)."""
LEAST_RESERVED, MOST_RESERVED = 10.0, 60.0
REST: Final = 15.0
"""Seconds after the budget of a run at which the command ends, whatever it is busy with."""
MOST_RECORDED: Final = 20_000
"""Exchanges that are recorded of what others do: of one session, of one combination outside sessions, and of
what is of none."""
_MIB: Final = 1024 * 1024
_PAGES: Final = (
    Text(nl="volgende bladzijde", en="next page"),
    Text(nl="volgende bladzijden", en="next pages"),
)
LimitName = Literal["run", "cell", "host", "read-only", "recording"]
"""What kept a flow from being driven (a budget, a host that does not answer, or what the user asked), or from
being recorded."""
_ANSWERS: Final = (Text(nl="antwoord", en="answer"), Text(nl="antwoorden", en="answers"))
CLEAN_UP: Final = "clean-up"
"""The flow in which what was written is deleted; nobody is judged by it."""
CLEANING: Final = 20.0
"""Seconds that deleting may take; of a run with a budget at most a quarter of that."""
ENDED: Final = "ended: "
"""How the error of an exchange begins that we ended ourselves; it says nothing about whoever was asked."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The budgets of a run.

    :ivar request: seconds for one exchange; some steps have less by the framework.
    :ivar body: bytes of one answer, also after its content coding is undone.
    :ivar cell: seconds of driving for one cell; ``run``: for all of them, ``0``: as long as it takes.
    :ivar read_only: whether nothing is written to a live party.
    :ivar clean_up: whether what was written to a live party is deleted when the run ends.
    """

    request: float = LONGEST_REQUEST
    body: int = MAX_BODY
    cell: float = 0.0
    run: float = 0.0
    read_only: bool = False
    clean_up: bool = False

    @property
    def cleaning(self) -> float:
        """Seconds of the run that are kept for deleting."""
        if not self.clean_up:
            return 0.0
        return min(CLEANING, self.run / 4) if self.run else CLEANING


READ_ONLY: Final = Text(
    nl="niet getest: deze run leest alleen (--read-only), en hiervoor wordt geschreven",
    en="not tested: this run only reads (--read-only), and this takes writing",
)
"""Why what sends data is not driven."""


def cores() -> int:
    """How many processes can work at once on this machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def reserved(budget: float, beginning: float = 0.0) -> float:
    """Seconds of the budget of a run that are kept for judging and reporting.

    :param beginning: seconds that it took to begin: a machine that is slow then is slow later.
    """
    wanted = max(budget * RESERVE, LEAST_RESERVED, 2 * beginning)
    return min(wanted, MOST_RESERVED, max(0.0, budget - beginning) / 2)


def unreachable(party: str, since: str, error: str) -> Text:
    """Nothing can be said of a party that does not answer.

    :param since: ISO 8601 instant (UTC) of the first failure.
    :param error: how it failed.
    """
    told = Text(
        nl="{party} is niet bereikbaar sinds {moment} ({why}): herstel de verbinding en draai opnieuw",
        en="{party} is not reachable since {moment} ({why}): restore the connection and run again",
    )
    return told.format(party=party, moment=f"{since[:10]} {since[11:19]} UTC", why=failure(error))


def not_reachable(since: str, error: str) -> Text:
    """What was seen of a party that does not answer.

    :param since: ISO 8601 instant (UTC) of the first failure.
    :param error: how it failed.
    """
    seen = Text(nl="niet bereikbaar sinds {since}: {error}", en="not reachable since {since}: {error}")
    return seen.format(since=since, error=failure(error))


def came(answers: int, failures: Mapping[str, int], pages: int = 0, size: int = 0) -> Phrase:
    """What came of what a party was asked: how many answers, and how it failed most often.

    :param failures: how many times it failed in each way.
    :param pages: how often a next page was asked.
    :param size: bytes of what was answered.
    """
    error, times = max(failures.items(), key=lambda item: item[1], default=("", 0))
    failed = joined(f"{times}x", failure(error), separator=" ") if times else ""
    found = counted(answers, *_ANSWERS) if answers or not times else ""
    large = f"{size // _MIB} MiB" if size >= _MIB else ""
    return joined(found, counted(pages, *_PAGES) if pages else "", large, failed, separator=", ")


def spent(
    limit: Literal["run", "cell"], seconds: float, party: str, sent: Phrase = "", *, looking: bool = False
) -> Text:
    """A budget is used up.

    :param party: whom most of it was spent waiting for, ``""``: nobody.
    :param sent: what came of it (:func:`came`).
    :param looking: whether it took a part of that to look at what the party sent.
    """
    whose = {"run": Text(nl="de run", en="the run"), "cell": Text(nl="deze cel", en="this cell")}[limit]
    waited = Text(nl="", en="")
    if party:
        waited = Text(nl=f", vooral met wachten op {party}", en=f", mostly waiting for {party}")
    if party and looking:
        waited = Text(
            nl=f"{waited.nl} en bekijken wat het stuurde", en=f"{waited.en} and looking at what it sent"
        )
    told = Text(
        nl="het budget van {whose} ({given}) was op{waited}{sent}; geef meer met --budget",
        en="the budget of {whose} ({given}) was used up{waited}{sent}; give more with --budget",
    )
    return told.format(whose=whose, given=shown_seconds(seconds), waited=waited, sent=_aside(sent))


def left_out(number: int, kept: int, combination: str) -> Text:
    """More came than is recorded.

    :param number: exchanges that were not; ``kept`` those that were.
    :param combination: what they are of, ``""``: of no combination.
    """
    whose = (
        Text(nl=f"van {combination}", en=f"of {combination}")
        if combination
        else Text(nl="van wat bij geen combinatie hoort", en="of what belongs to no combination")
    )
    return Text(
        nl=f"{whose.nl} zijn {kept} uitwisselingen opgenomen; de {number} daarna zijn alleen geteld: "
        "begin opnieuw in een andere map om verder te zien",
        en=f"{whose.en} {kept} exchanges were recorded; the {number} after them were only counted: "
        "start again in another folder to see more",
    )


def unjudged(seconds: float, party: str, sent: Phrase = "") -> Text:
    """There was no time left to judge a cell.

    :param seconds: the budget of the run.
    :param party: who sent most of what had to be judged, ``""``: nobody who can be named.
    :param sent: what that was (:func:`came`).
    """
    what = (
        Text(nl=f"wat {party} stuurde", en=f"what {party} sent")
        if party
        else Text(nl="de cel", en="the cell")
    )
    told = Text(
        nl="{what}{sent} beoordelen duurde langer dan wat er van het budget van de run ({given}) over was; "
        "geef meer met --budget",
        en="judging {what}{sent} took longer than what was left of the budget of the run ({given}); "
        "give more with --budget",
    )
    return told.format(what=what, sent=_aside(sent), given=shown_seconds(seconds))


def _aside(sent: Phrase) -> Phrase:
    return joined(" (", sent, ")", separator="") if sent else ""


def shown_seconds(seconds: float) -> str:
    """A length of time as it is written on a command line: ``90s``, ``20m``, ``1h30m``."""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    if whole < 120:
        return f"{whole}s"
    parts = ((hours, "h"), (minutes, "m"), (rest, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number)
