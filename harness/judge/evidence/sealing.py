"""What the signer of a run states, computed from the run itself; verification computes it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from harness.core.algebra import Outcome
from harness.core.run.findings import Finding
from harness.core.run.info import Ended, RunInfo, Selection
from harness.core.run.manifest import SEAL
from harness.core.run.problems import EvidenceError, ProblemKind, short
from harness.core.text import Text
from harness.core.verdicts import Verdict
from harness.judge.catalogue import Catalogue
from harness.judge.outcome.result import RunResult, run_result
from harness.judge.outcome.tally import key_of
from harness.record.seal.envelope import Sealed
from harness.record.seal.statement import Bound, Party, RunFacts, Summary, summarise


@dataclass(frozen=True)
class Stated:
    """The content of the two statements."""

    facts: RunFacts
    summary: Summary


def finished(info: RunInfo) -> Ended:
    """The end of a run.

    :raises EvidenceError: it has not ended.
    """
    if info.ended is None:
        raise EvidenceError(
            ProblemKind.UNFINISHED,
            Text(nl="de run is niet afgemaakt", en="the run is unfinished"),
            where="run.json",
        )
    return info.ended


def stated(info: RunInfo, findings: Sequence[Finding], catalogue: Catalogue) -> Stated:
    """What is stated of a finished run.

    Only live parties have an outcome; a run of stand-ins states none, and so is never passed.

    :raises EvidenceError: the run has not ended.
    """
    ended = finished(info)
    result = run_result(info, findings, catalogue)
    live = {name: item for name, item in result.parties.items() if item.party.kind == "live"}
    bound = info.binding.challenge if info.binding is not None else None
    facts = RunFacts(
        started=info.now,
        finished=ended.at,
        harness=info.harness,
        catalogue=info.hashes.get("catalogue", ""),
        parties=tuple(
            Party(
                id=item.id,
                role=item.role,
                kind=item.kind,
                vendor=item.vendor,
                product=item.product,
                version=item.version,
            )
            for item in info.participants
        ),
        record={person: item.origin for person, item in info.settings.records.items()},
        asked={
            "intensity": info.settings.intensity,
            "subject": list(info.subject),
            "selection": {name: list(getattr(info.selection, name)) for name in Selection.__struct_fields__},
        },
        partial=any(item.shortfall for item in result.parties.values()),
        outcome={name: item.standing.outcome.value for name, item in live.items()},
        counts={
            name: {state.value: number for state, number in item.standing.states.items()}
            for name, item in result.parties.items()
        },
        waivers=tuple(msgspec.to_builtins(item) for item in info.waivers),
        valid_until=_valid_until(result),
        challenge=Bound(nonce=bound.nonce, commitment=info.binding.commitment)
        if bound is not None and info.binding is not None
        else None,
    )
    return Stated(facts, _summary(info, findings, catalogue, result, frozenset(live)))


def _valid_until(result: RunResult) -> str:
    """The last day on which every waiver holds that was needed, ``""`` when none was."""
    return min((item.expires.isoformat() for item in result.cover.waived.values()), default="")


def _summary(
    info: RunInfo,
    findings: Sequence[Finding],
    catalogue: Catalogue,
    result: RunResult,
    live: frozenset[str],
) -> Summary:
    """The test-result predicate: of the live parties; of all when there are none."""
    said: dict[Verdict, set[str]] = {}
    for item in findings:
        if item.requirement not in catalogue:
            continue
        party = key_of(catalogue[item.requirement], item.cell).party
        if party in live or result.rehearsal:
            said.setdefault(item.verdict, set()).add(item.requirement)
    return summarise(
        conforms=(result.parties[name].standing.outcome is Outcome.CONFORMS for name in live),
        passed=said.get(Verdict.PASS, ()),
        warned=said.get(Verdict.WARNING, ()),
        failed=said.get(Verdict.FAIL, ()),
        configuration=info.hashes,
    )


_BY_CATALOGUE: Final = frozenset({"catalogue", "partial", "outcome", "counts", "valid_until"})
"""What of a statement follows from the catalogue."""


def check_stated(sealed: Sealed, again: Stated, *, otherwise: bool = False) -> None:
    """Whether a seal states what the run gives.

    :param otherwise: the run was judged with another catalogue then: what follows from that is not compared.
    :raises EvidenceError: it does not; names the first difference.
    """
    for name in again.facts.__struct_fields__:
        if otherwise and name in _BY_CATALOGUE:
            continue
        told, found = getattr(sealed.run, name), getattr(again.facts, name)
        if told != found:
            raise _other(name, told, found)
    for name in again.summary.__struct_fields__ if not otherwise else ():
        told, found = getattr(sealed.summary, name), getattr(again.summary, name)
        if told != found:
            raise _other(name, told, found)


def _other(name: str, told: object, found: object) -> EvidenceError:
    return EvidenceError(
        ProblemKind.STATEMENT,
        Text(
            nl=f"verklaart iets anders dan de run geeft ({name})",
            en=f"states something else than the run gives ({name})",
        ),
        where=SEAL,
        expected=short(msgspec.json.encode(found).decode()),
        received=short(msgspec.json.encode(told).decode()),
    )
