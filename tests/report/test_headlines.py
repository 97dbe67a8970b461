"""What may be quoted of a party, in both languages: every outcome, right plurals, and why a run was a part."""

from __future__ import annotations

import pytest

from harness.core.algebra import Key, Obstacle, Outcome, Standing, State
from harness.core.run.info import ParticipantVersion
from harness.judge.outcome.result import PartyResult
from harness.judge.outcome.tally import Shortfall
from harness.report.headlines import headline, obstacles, outcome_word, partial, scope, worst

SCOPE = scope(("pdfa-3.0",), ("mm-2.2",), {"pgo": 1})
NO_RECORD = (Obstacle.RECORD,)


def standing(outcome: Outcome, *why: Obstacle) -> Standing:
    return Standing(outcome=outcome, obstacles=why, states={})


def result(
    outcome: Outcome,
    *why: Obstacle,
    kind: str = "live",
    shortfall: Shortfall | None = None,
    **states: int,
) -> PartyResult:
    """A party with so many requirements in each state (keyword: name of the state)."""
    asked = {
        Key("his-a", f"{name}-{number}", "pdfa-3.0", "mm-2.2"): State[name.upper()]
        for name, amount in states.items()
        for number in range(amount)
    }
    return PartyResult(
        party=ParticipantVersion(id="his-a", role="his", kind=kind, product="HisPro", version="7.1"),
        standing=standing(outcome, *why),
        shortfall=shortfall or Shortfall(),
        demanded=frozenset(asked),
        asked=asked,
    )


@pytest.mark.parametrize(
    ("found", "rehearsal", "nl", "en"),
    [
        (
            result(Outcome.CONFORMS, met=96),
            False,
            "HisPro 7.1 voldoet: 96 van 96 verplichte eisen voldaan (pdfa-3.0 in mm-2.2, met 1 PGO).",
            "HisPro 7.1 meets the requirements: 96 of 96 mandatory requirements met (pdfa-3.0 in mm-2.2, with "
            "1 PGO).",
        ),
        (
            result(Outcome.CONFORMS, met=1, not_applicable=2, waived=1),
            False,
            "HisPro 7.1 voldoet: 1 van 4 verplichte eisen voldaan, 1 ontheffing, 2 niet van toepassing "
            "(pdfa-3.0 in mm-2.2, met 1 PGO).",
            "HisPro 7.1 meets the requirements: 1 of 4 mandatory requirements met, 1 waived, 2 not applicable "
            "(pdfa-3.0 in mm-2.2, with 1 PGO).",
        ),
        (
            result(Outcome.FAILS, not_met=1),
            False,
            "HisPro 7.1 voldoet niet: 1 van 1 verplichte eis niet voldaan (pdfa-3.0 in mm-2.2, met 1 PGO).",
            "HisPro 7.1 does not meet the requirements: 1 of 1 mandatory requirement not met (pdfa-3.0 in "
            "mm-2.2, with 1 PGO).",
        ),
        (
            result(Outcome.FAILS, Obstacle.UNDECIDED, not_met=2, undecided=3, met=4),
            False,
            "HisPro 7.1 voldoet niet: 2 van 9 verplichte eisen niet voldaan, 3 niet beslist, 4 voldaan "
            "(pdfa-3.0 in mm-2.2, met 1 PGO).",
            "HisPro 7.1 does not meet the requirements: 2 of 9 mandatory requirements not met, 3 undecided, 4 "
            "met (pdfa-3.0 in mm-2.2, with 1 PGO).",
        ),
        (
            result(Outcome.NO_VERDICT, Obstacle.NOT_TESTED, *NO_RECORD, met=88, not_tested=8),
            False,
            "Geen oordeel over HisPro 7.1: 88 van 96 verplichte eisen voldaan, 8 niet getoetst, geen "
            "referentiedossier van het bureau of officieel materiaal (pdfa-3.0 in mm-2.2, met 1 PGO).",
            "No verdict on HisPro 7.1: 88 of 96 mandatory requirements met, 8 not tested, no reference record "
            "of the bureau or of official material (pdfa-3.0 in mm-2.2, with 1 PGO).",
        ),
        (
            result(Outcome.NO_VERDICT, Obstacle.STAND_IN, *NO_RECORD, kind="twin", met=2),
            True,
            "Oefening met nagebootste partijen, geen oordeel over HisPro 7.1: 2 van 2 verplichte eisen voldaan "
            "(pdfa-3.0 in mm-2.2, met 1 PGO).",
            "Rehearsal with simulated parties, no verdict on HisPro 7.1: 2 of 2 mandatory requirements met "
            "(pdfa-3.0 in mm-2.2, with 1 PGO).",
        ),
        (
            result(Outcome.FAILS, Obstacle.STAND_IN, kind="twin", not_met=1, met=1),
            True,
            "Oefening met nagebootste partijen: HisPro 7.1 voldoet niet: 1 van 2 verplichte eisen niet "
            "voldaan, 1 voldaan (pdfa-3.0 in mm-2.2, met 1 PGO).",
            "Rehearsal with simulated parties: HisPro 7.1 does not meet the requirements: 1 of 2 mandatory "
            "requirements not met, 1 met (pdfa-3.0 in mm-2.2, with 1 PGO).",
        ),
        (
            result(Outcome.FAILS, Obstacle.STAND_IN, kind="twin", not_met=1),
            False,
            "HisPro 7.1 is nagebootst en krijgt geen oordeel.",
            "HisPro 7.1 is simulated and gets no verdict.",
        ),
        (
            result(
                Outcome.NO_VERDICT,
                Obstacle.PARTIAL,
                shortfall=Shortfall(standards=("eafspraak-2.0",), parties=("pgo-2",), requirements=("A",)),
                met=2,
            ),
            False,
            "Geen oordeel over HisPro 7.1: 2 van 2 verplichte eisen voldaan (pdfa-3.0 in mm-2.2, met 1 PGO). "
            "Deelrun: niet gedraaid: eafspraak-2.0; zonder: pgo-2; 1 verplichte eis niet overal gevraagd.",
            "No verdict on HisPro 7.1: 2 of 2 mandatory requirements met (pdfa-3.0 in mm-2.2, with 1 PGO). "
            "Partial run: not run: eafspraak-2.0; without: pgo-2; 1 mandatory requirement not asked "
            "everywhere.",
        ),
    ],
    ids=[
        "conforms",
        "conforms-with-neutral",
        "fails-one",
        "fails-many",
        "no-verdict",
        "rehearsal",
        "rehearsal-fails",
        "stand-in",
        "part",
    ],
)
def test_headlines(found, rehearsal, nl, en):
    told = headline(found, SCOPE, rehearsal=rehearsal)
    assert (told.nl, told.en) == (nl, en)


def test_a_requirement_of_two_releases_is_counted_once_with_its_worst_state():
    found = result(Outcome.FAILS, met=1)
    (key,) = found.asked
    both = PartyResult(
        party=found.party,
        standing=found.standing,
        shortfall=found.shortfall,
        demanded=found.demanded,
        asked={**found.asked, key._replace(release="mm-2.1"): State.NOT_MET},
    )
    assert "1 van 1 verplichte eis niet voldaan" in headline(both, SCOPE, rehearsal=False).nl


@pytest.mark.parametrize(
    ("outcome", "why", "rehearsal", "nl"),
    [
        (Outcome.CONFORMS, (), False, "voldoet"),
        (Outcome.FAILS, (Obstacle.PARTIAL,), False, "voldoet niet"),
        (Outcome.FAILS, (Obstacle.STAND_IN,), True, "voldoet niet (oefening)"),
        (Outcome.NO_VERDICT, (Obstacle.PARTIAL,), False, "geen oordeel: deelrun"),
        (Outcome.NO_VERDICT, (Obstacle.PARTIAL, Obstacle.STAND_IN), True, "geen oordeel: oefening"),
        (Outcome.NO_VERDICT, (Obstacle.UNDECIDED,), False, "geen oordeel"),
    ],
)
def test_outcomes_in_a_few_words(outcome, why, rehearsal, nl):
    told = outcome_word(standing(outcome, *why), rehearsal=rehearsal)
    assert told.nl == nl and told.en


def test_every_obstacle_has_words():
    told = obstacles(standing(Outcome.NO_VERDICT, *Obstacle))
    assert len({item.nl for item in told}) == len({item.en for item in told}) == len(Obstacle)


def test_a_whole_run_needs_no_excuse():
    assert partial(Shortfall()).nl == ""
    assert partial(Shortfall(releases=("mm-1.4",))).nl == "Deelrun: niet gedraaid: mm-1.4."
    many = partial(Shortfall(requirements=("A", "B")))
    assert many.nl == "Deelrun: 2 verplichte eisen niet overal gevraagd."


@pytest.mark.parametrize(
    ("others", "nl", "en"),
    [
        ({"pgo": 2}, "a in b, met 2 PGO's", "a in b, with 2 PGOs"),
        ({"his": 1, "pgo": 1}, "a in b, met 1 HIS en 1 PGO", "a in b, with 1 HIS and 1 PGO"),
        ({"his": 2}, "a in b, met 2 HIS'en", "a in b, with 2 HISs"),
    ],
)
def test_a_scope_names_how_many_others(others, nl, en):
    told = scope(("a",), ("b",), others)
    assert (told.nl, told.en) == (nl, en)


def test_the_worst_of_no_states_is_not_tested():
    assert worst([]) is State.NOT_TESTED
    assert worst([State.MET, State.NOT_APPLICABLE]) is State.MET
    assert worst(State) is State.NOT_MET
