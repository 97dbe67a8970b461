"""``harness verify PATH``: is this run or dossier whole, does its result follow from it, and who says so."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from harness.cli.dossier.verified import checked, document, dossier_folder, is_dossier, show, whole
from harness.cli.evidence.asked import SpotCheck
from harness.cli.evidence.extracted import verified_extract
from harness.cli.evidence.shown import (
    ChallengeOption,
    RunArgument,
    TrustOption,
    evidence_document,
    refuse_unreadable,
)
from harness.cli.options import JsonOption, LangOption
from harness.core.clock import SystemClock
from harness.core.exits import ExitCode
from harness.core.run.challenge import Challenge, read_challenge
from harness.core.run.folder import RunFolder
from harness.core.run.problems import ProblemKind
from harness.core.text import Lang, Text
from harness.judge.catalogue import load_catalogue
from harness.judge.evidence.otherwise import Otherwise, judge_today
from harness.judge.evidence.sealing import check_stated, stated
from harness.judge.evidence.verification import rejudge
from harness.record.seal.envelope import Sealed
from harness.record.seal.limits import CANNOT_PROVE, CANNOT_PROVE_HEADING, SPOT_CHECK, UNSEALED
from harness.record.seal.trust import Trust, load_trust
from harness.record.verify import Facts, verify_folder
from harness.report.dossier.check import Bound, check_bound
from harness.report.dossier.otherwise import told_otherwise
from harness.report.extract.document import is_extract
from harness.report.summary import RunSummary, summarise

app = typer.Typer()
WHOLE = Text(
    nl="heel: {files} bestanden, {units} opnamen, {exchanges} uitwisselingen; de bevindingen volgen eruit",
    en="whole: {files} files, {units} recordings, {exchanges} exchanges; the findings follow from them",
)
OTHERWISE = Text(
    nl="heel: {files} bestanden, {units} opnamen, {exchanges} uitwisselingen",
    en="whole: {files} files, {units} recordings, {exchanges} exchanges",
)
SIGNED = Text(
    nl="ondertekend op {at} door {who}, vertrouwd door {by}", en="signed {at} by {who}, trusted by {by}"
)
BOUND = Text(
    nl="gebonden aan controlegetal {nonce}: {count} kenmerken gecontroleerd",
    en="bound to challenge {nonce}: {count} identifiers checked",
)
NOT_BOUND = Text(
    nl="niet gebonden aan een controlegetal van een bureau", en="not bound to a challenge of a bureau"
)


@app.command()
def verify(
    run: RunArgument,
    trust: TrustOption = None,
    challenge: ChallengeOption = None,
    spot_check: Annotated[
        int | None,
        typer.Option(
            "--spot-check", min=1, help="Ask so many recorded queries again, live; needs --network."
        ),
    ] = None,
    network: Annotated[
        str | None, typer.Option("--network", help="How to reach the live parties (with --spot-check).")
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = "nl",
) -> None:
    """Verify a run folder, a dossier or an extract, offline but for a spot check; names what is
    wrong first.

    Exit code 7: do not rely on it, or the live system gives other answers than were recorded.
    """
    language: Lang = "en" if lang == "en" else "nl"
    known = load_trust(trust) if trust else None
    spot = SpotCheck.asked(spot_check, network)
    given = [read_challenge(path) for path in challenge or ()]
    if is_extract(run):
        raise typer.Exit(verified_extract(run, known, language, as_json=as_json))
    if is_dossier(run):
        raise typer.Exit(_dossier(run, known, given, spot, language, as_json=as_json))
    with refuse_unreadable(run, as_json=as_json, lang=language):
        facts, summary, bound, otherwise = _verified(run, known, given)
    runs = (otherwise,) if otherwise is not None else ()
    if spot is not None:
        spot.ask([RunFolder.open(run)])
    code = summary.result.code(exchanges=facts.exchanges) if spot is None or spot.same else ExitCode.DIFFERS
    if as_json:
        document = {**_document(run, code, facts, summary, bound, runs), **_spot_document(spot)}
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")
    else:
        _print(facts, summary, bound, runs, spot, language)
    raise typer.Exit(int(code))


def _dossier(
    path: Path,
    trust: Trust | None,
    given: Sequence[Challenge],
    spot: SpotCheck | None,
    lang: Lang,
    *,
    as_json: bool,
) -> int:
    """Verify a dossier; gives the exit code."""
    with refuse_unreadable(path, as_json=as_json, lang=lang):
        found = checked(path, trust, given)
    if spot is not None:
        with dossier_folder(path) as folder:
            spot.ask([RunFolder.open(folder / run.folder) for run in found.dossier.runs])
    code = found.code if spot is None or spot.same else ExitCode.DIFFERS
    if as_json:
        told = {
            **document(path, found),
            **_common(found.seal, found.summary, found.otherwise),
            **_spot_document(spot),
        }
        told["exit"] = int(code)
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n")
        return int(code)
    console = Console(soft_wrap=True, highlight=False)
    console.print(whole(found, lang), style="green", markup=False)
    _print_otherwise(console, found.otherwise, lang)
    _print_standing(console, found.seal, found.summary, found.bound, lang)
    show(console, found, lang)
    _print_limits(console, spot, lang)
    return int(code)


def _spot_document(spot: SpotCheck | None) -> dict[str, Any]:
    return {"spot_check": spot.document()} if spot is not None else {}


def _verified(
    run: Path, trust: Trust | None, given: Sequence[Challenge]
) -> tuple[Facts, RunSummary, Bound, Otherwise | None]:
    """What is certain of a run, its result, to which challenge it is bound, and whether by another catalogue.

    :raises EvidenceError: the first problem.
    """
    catalogue = load_catalogue()
    facts = verify_folder(run, now=SystemClock().now(), trust=trust)
    folder = RunFolder.open(run)
    found = rejudge(run, catalogue)
    if found.problem is not None and found.problem.before(ProblemKind.CHALLENGE):
        raise found.problem.error()
    bound = check_bound(folder, found.info, given)
    found, otherwise = (found, None) if found.problem is None else judge_today(run, catalogue)
    if facts.seal is not None:
        told = stated(found.info, found.findings, catalogue)
        check_stated(facts.seal, told, otherwise=otherwise is not None)
    required = msgspec.structs.replace(found.info, verdict_required=True)
    return facts, summarise(required, found.findings, catalogue, folder), bound, otherwise


def _document(
    run: Path,
    code: ExitCode,
    facts: Facts,
    summary: RunSummary,
    bound: Bound,
    otherwise: Sequence[Otherwise],
) -> dict[str, Any]:
    return {
        "schema": "evidence-1",
        "run": str(run),
        "exit": int(code),
        "evidence": evidence_document(None),
        "root": facts.root,
        "manifest": facts.manifest,
        "files": facts.files,
        "recordings": len(facts.units),
        "exchanges": facts.exchanges,
        "identifiers_checked": bound.checked,
        **_common(facts.seal, summary, otherwise),
    }


def _common(seal: Sealed | None, summary: RunSummary, otherwise: Sequence[Otherwise]) -> dict[str, Any]:
    """What is said of a run and of a dossier alike: who signed, the parties, the limits of a seal."""
    return {
        "seal": {
            "keyid": seal.keyid,
            "trusted_by": seal.trusted_by,
            "subject": seal.subject,
            "signed": seal.run.signed,
            "result": seal.summary.result,
        }
        if seal is not None
        else None,
        "parties": [
            {
                "id": item.party.id,
                "role": item.party.role,
                "kind": item.party.kind,
                "stated": summary.stated(item),
                "outcome": item.standing.outcome.value,
            }
            for item in summary.parties.values()
        ],
        "otherwise": [
            {
                "catalogue": item.made_with,
                "harness": item.harness,
                "again": sorted({one.requirement for one in item.again}),
                "withdrawn": item.withdrawn,
            }
            for item in otherwise
        ],
        "cannot_prove": [{"nl": item.nl, "en": item.en} for item in CANNOT_PROVE],
    }


def _print(
    facts: Facts,
    summary: RunSummary,
    bound: Bound,
    otherwise: Sequence[Otherwise],
    spot: SpotCheck | None,
    lang: Lang,
) -> None:
    console = Console(soft_wrap=True, highlight=False)
    told = (OTHERWISE if otherwise else WHOLE).format(
        files=facts.files, units=len(facts.units), exchanges=facts.exchanges
    )
    console.print(told.of(lang), style="green", markup=False)
    _print_otherwise(console, otherwise, lang)
    _print_standing(console, facts.seal, summary, (bound,), lang)
    _print_limits(console, spot, lang)


def _print_otherwise(console: Console, otherwise: Sequence[Otherwise], lang: Lang) -> None:
    for line in told_otherwise(otherwise, load_catalogue()):
        console.print(line.of(lang), style="yellow", markup=False)


def _print_standing(
    console: Console, seal: Sealed | None, summary: RunSummary, bound: Sequence[Bound], lang: Lang
) -> None:
    """Whether every run is bound and it is signed, and the outcome of each party."""

    def say(text: Text, style: str = "") -> None:
        console.print(text.of(lang), style=style, markup=False)

    if all(item.nonce for item in bound):
        nonces = ", ".join(dict.fromkeys(item.nonce[:16] for item in bound))
        say(BOUND.format(nonce=nonces, count=sum(item.checked for item in bound)))
    else:
        say(NOT_BOUND)
    if seal is not None:
        say(SIGNED.format(at=seal.run.signed, who=seal.subject or seal.keyid, by=seal.trusted_by))
    else:
        say(UNSEALED)
    for item in summary.parties.values():
        if summary.stated(item):
            say(item.headline, "bold")


def _print_limits(console: Console, spot: SpotCheck | None, lang: Lang) -> None:
    """What no seal proves, and what a spot check adds."""
    console.print(CANNOT_PROVE_HEADING.of(lang), markup=False)
    for number, limit in enumerate(CANNOT_PROVE, 1):
        console.print(f"  {number}. {limit.of(lang)}", markup=False)
    if spot is None:
        console.print(SPOT_CHECK.of(lang), markup=False)
        return
    for line in spot.lines():
        console.print(line.of(lang), style="green" if spot.same else "bold red", markup=False)
