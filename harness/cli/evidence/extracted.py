"""What ``harness verify`` says of an extract."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console

from harness.cli.dossier.verified import dossier_folder
from harness.cli.evidence.shown import refuse_unreadable
from harness.core.algebra import Outcome, State
from harness.core.clock import SystemClock
from harness.core.text import Lang, Text, said
from harness.core.verdicts import Verdict
from harness.judge.catalogue import load_catalogue
from harness.judge.evidence.shares import FEW, Others, Share
from harness.record.seal.limits import CANNOT_PROVE, CANNOT_PROVE_HEADING, UNSEALED
from harness.record.seal.trust import Trust
from harness.report.extract.checking import CheckedExtract, check_extract
from harness.report.headlines import outcome_name
from harness.report.words import STATE, amount, more

_WHOLE = Text(
    nl="heel uittreksel voor {party}: {cells}, {exchanges}, {findings}; {left} stukken weggelaten",
    en="whole extract for {party}: {cells}, {exchanges}, {findings}; {left} pieces left out",
)
_PART = Text(nl="deel van de {of} met wortel {root}", en="part of the {of} with root {root}")
_OF = {"run": Text(nl="run", en="run"), "dossier": Text(nl="dossier", en="dossier")}
_SIGNED = Text(
    nl="die is ondertekend door {who}, vertrouwd door {by}", en="which {who} signed, trusted by {by}"
)
_SIMULATED = Text(nl="nagebootst: geen uitkomst", en="simulated: no outcome")
_OWN = Text(nl="{party} ({started}): {outcome}; {states}", en="{party} ({started}): {outcome}; {states}")
_ELSEWHERE = Text(
    nl="{count} oordelen komen uit cellen van anderen en gelden ook hier",
    en="{count} judgements come from cells of others and hold here too",
)
_OTHERS = Text(nl="de anderen, {parties}: {states}", en="the others, {parties}: {states}")
_FEWER = Text(nl="minder dan {few}, dus geen totalen", en="fewer than {few}, so that no totals are told")


def verified_extract(path: Path, trust: Trust | None, lang: Lang, *, as_json: bool) -> int:
    """Verify an extract and say what came of it; gives the exit code."""
    with refuse_unreadable(path, as_json=as_json, lang=lang), dossier_folder(path) as folder:
        found = check_extract(folder, now=SystemClock().now(), trust=trust)
    if as_json:
        told = msgspec.json.format(msgspec.json.encode(_document(path, found)), indent=2).decode()
        sys.stdout.write(told + "\n")
        return int(found.code)
    console = Console(soft_wrap=True, highlight=False)
    for number, line in enumerate(_lines(found)):
        console.print(line.of(lang), style="green" if not number else "", markup=False)
    _print_failed(console, found, lang)
    console.print(CANNOT_PROVE_HEADING.of(lang), markup=False)
    for number, limit in enumerate(CANNOT_PROVE, 1):
        console.print(f"  {number}. {limit.of(lang)}", markup=False)
    return int(found.code)


def _lines(found: CheckedExtract) -> Iterator[Text]:
    about = found.about
    yield _WHOLE.format(
        party=about.party,
        cells=amount(sum(len(share.cells) for share in found.shares), "cell"),
        exchanges=amount(sum(share.exchanges for share in found.shares), "exchange"),
        findings=amount(len(found.findings), "finding"),
        left=found.left_out,
    )
    yield _PART.format(of=_OF[about.of], root=about.root)
    if found.seal is not None:
        yield _SIGNED.format(who=found.seal.subject or found.seal.keyid, by=found.seal.trusted_by)
    else:
        yield UNSEALED
    for share in found.shares:
        yield _OWN.format(
            party=share.party, started=share.started, outcome=_outcome(share), states=_states(share.states)
        )
        if share.elsewhere:
            yield _ELSEWHERE.format(count=len(share.elsewhere))
        for item in share.others:
            yield _OTHERS.format(parties=amount(item.parties, item.role), states=_told(item))


def _outcome(share: Share) -> Text:
    return outcome_name(Outcome(share.outcome)) if share.outcome else _SIMULATED


def _told(item: Others) -> Text:
    return _states(item.states) if item.parties >= FEW else _FEWER.format(few=FEW)


def _states(states: dict[str, int]) -> Text:
    """How many requirements are in which state."""
    parts = [(STATE[State(name)], number) for name, number in sorted(states.items())]
    return Text(
        nl=", ".join(f"{number} {word.nl}" for word, number in parts) or "–",
        en=", ".join(f"{number} {word.en}" for word, number in parts) or "–",
    )


def _print_failed(console: Console, found: CheckedExtract, lang: Lang, limit: int = 12) -> None:
    """What failed, with what was expected and received."""
    catalogue = load_catalogue()
    failed = [item for item in found.findings if item.verdict is Verdict.FAIL]
    for item in failed[:limit]:
        known = item.requirement in catalogue
        title = catalogue[item.requirement].title.of(lang) if known else ""
        told = f"{said(item.wanted, lang)} → {said(item.seen, lang)}"
        console.print(f"  ✗ {item.requirement} {title} [{item.cell.key}]: {told}", markup=False)
    if len(failed) > limit:
        console.print(f"  … {more(len(failed) - limit).of(lang)} (--json)", markup=False)


def _document(path: Path, found: CheckedExtract) -> dict[str, Any]:
    return {
        "schema": "extract-evidence-1",
        "extract": str(path),
        "party": found.about.party,
        "exit": int(found.code),
        "of": found.about.of,
        "root": found.about.root,
        "manifest": found.about.manifest,
        "seal": {
            "keyid": found.seal.keyid,
            "trusted_by": found.seal.trusted_by,
            "subject": found.seal.subject,
        }
        if found.seal is not None
        else None,
        "shown": found.shown,
        "left_out": found.left_out,
        "runs": found.shares,
        "findings": found.findings,
        "cannot_prove": [{"nl": item.nl, "en": item.en} for item in CANNOT_PROVE],
    }
