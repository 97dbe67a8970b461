"""The result of a run: the standing of every party, and the exit code. The same at every door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from harness.core.algebra import Key, Outcome, Standing, State, Tally, exit_code, standing
from harness.core.exits import ExitCode
from harness.core.run.findings import Finding
from harness.core.run.info import ParticipantVersion, RunInfo
from harness.core.verdicts import Blame, Strength, Verdict
from harness.judge.catalogue import Catalogue
from harness.judge.outcome.tally import Asking, Shortfall, tally
from harness.judge.outcome.waiving import Cover, cover, day_of

STELSELNODE = "stelselnode"
"""Its requirements are self-checks of the harness: they count in a rehearsal only."""


@dataclass(frozen=True)
class PartyResult:
    """One party of a run.

    :ivar demanded: every MUST that is demanded of it, asked or not.
    :ivar asked: state of those that the run asked.
    """

    party: ParticipantVersion
    standing: Standing
    shortfall: Shortfall
    demanded: frozenset[Key]
    asked: Mapping[Key, State]


@dataclass(frozen=True)
class RunResult:
    """What a run says.

    :ivar parties: by id, in the order of the network file.
    :ivar rehearsal: nobody who took part is live.
    :ivar subject: the parties whose result decides the exit code.
    :ivar cover: what its waivers do.
    """

    tallies: Mapping[Key, Tally]
    strengths: Mapping[Key, Strength]
    parties: Mapping[str, PartyResult]
    rehearsal: bool
    subject: frozenset[str]
    harness_defect: bool
    verdict_missing: bool
    cover: Cover

    def code(self, *, exchanges: int, differs: bool = False, harness_defect: bool = False) -> ExitCode:
        """The exit code of the run.

        :param exchanges: exchanges that were recorded.
        :param differs: what is stored is not what the recording gives.
        :param harness_defect: something failed outside the findings.
        """
        return exit_code(
            self.strengths,
            self.tallies,
            subject=self.subject,
            exchanges=exchanges,
            differs=differs,
            harness_defect=harness_defect or self.harness_defect,
            waiver_stale=bool(self.cover.stale),
            verdict_missing=self.verdict_missing,
        )


def run_result(
    info: RunInfo, findings: Sequence[Finding], catalogue: Catalogue, day: date | None = None
) -> RunResult:
    """The result of a run from its description and its findings.

    :param day: on which its waivers have to hold; by default that of the run.
    """
    asking = Asking(info, catalogue)
    covered = cover(info.waivers, findings, catalogue, day or day_of(info))
    tallies = tally(findings, catalogue, covered.waived)
    parties = {name: _party(party, asking, tallies) for name, party in asking.parties.items()}
    live = frozenset(name for name, item in asking.parties.items() if item.kind == "live")
    subject = frozenset(info.subject) or live or frozenset((*parties, STELSELNODE))
    conforming = {name for name, item in parties.items() if item.standing.outcome is Outcome.CONFORMS}
    return RunResult(
        tallies=tallies,
        strengths=asking.asked,
        parties=parties,
        rehearsal=not live,
        subject=subject,
        harness_defect=any(item.verdict is Verdict.ERROR and item.blame is Blame.HARNESS for item in findings)
        or any(trouble.blame is Blame.HARNESS for trouble in info.troubles),
        verdict_missing=info.verdict_required and not subject <= conforming,
        cover=covered,
    )


def _party(party: ParticipantVersion, asking: Asking, tallies: Mapping[Key, Tally]) -> PartyResult:
    claim = asking.claim(party)
    return PartyResult(
        party=party,
        standing=standing(tallies, claim),
        shortfall=asking.shortfall(party),
        demanded=claim.demanded,
        asked={key: tallies.get(key, Tally()).state for key in claim.demanded if key in asking.asked},
    )
