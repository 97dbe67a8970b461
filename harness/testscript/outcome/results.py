"""Results of scripts: what ``--json``, pytest and reports read. Stable shapes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from harness.core.algebra import Key, Tally, exit_code
from harness.core.exits import ExitCode
from harness.core.issues import Issue
from harness.core.run.exchanges import Request, Response
from harness.core.text import Dutch, Text, Told
from harness.core.verdicts import SEVERITY, Blame, Strength, Verdict


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a finding points: the action in the script and the exchange it judged.

    :ivar action: ``test[0].action[3]``; ``line`` is its line in the script file.
    :ivar exchange: number of the operation's exchange within the script, ``""`` when there was none.
    :ivar path: FHIRPath location, header or parameter in the message.
    """

    action: str = ""
    line: int = 0
    exchange: str = ""
    path: str = ""


class ScriptFinding(msgspec.Struct, Told, frozen=True, kw_only=True):
    """One judged assert (or failed operation) that is not a plain pass.

    :ivar criterion: kind of assert, or ``operation``.
    :ivar warning_only: whether the script itself only warns.
    :ivar mode: how it was decided: ``fhirpath:hapi``, ``validator``, ``rule:…``, ``http``.
    :ivar issues: validation issues below it.
    :ivar ledger: entry of the ledger that it is disputed by.
    :ivar nl: Dutch for what is words; ``None``: there are literals only.
    """

    verdict: Verdict
    criterion: str
    where: Place
    label: str = ""
    description: str = ""
    warning_only: bool = False
    blame: Blame | None = None
    expected: str = ""
    received: str = ""
    next_step: Text = Text(nl="", en="")
    mode: str = ""
    issues: tuple[Issue, ...] = ()
    ledger: str = ""
    nl: Dutch | None = None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One action in the order of execution; feeds Allure steps.

    :ivar kind: ``operation`` or ``assert``.
    """

    kind: str
    action: str
    title: str
    verdict: Verdict
    finding: ScriptFinding | None = None
    request: Request | None = None
    response: Response | None = None
    duration: float = 0.0


COUNTED: tuple[Verdict, ...] = (
    Verdict.PASS,
    Verdict.FAIL,
    Verdict.WARNING,
    Verdict.NOT_APPLICABLE,
    Verdict.INCONCLUSIVE,
    Verdict.DISPUTED,
    Verdict.ERROR,
)


def counts(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """A count for each of the seven verdicts."""
    found = Counter(verdicts)
    return {verdict.value: found.get(verdict, 0) for verdict in COUNTED}


_COUNTS: dict[Verdict, Tally] = {
    Verdict.PASS: Tally(passed=1),
    Verdict.FAIL: Tally(failed=1),
    Verdict.WARNING: Tally(warned=1),
    Verdict.NOT_APPLICABLE: Tally(not_applicable=1),
    Verdict.INCONCLUSIVE: Tally(undecided=1),
    Verdict.DISPUTED: Tally(disputed=1),
    Verdict.NOT_TESTED: Tally(not_tested=1),
    Verdict.ERROR: Tally(undecided=1),
}


class ScriptResult(msgspec.Struct, frozen=True, kw_only=True):
    """Outcome of one script.

    :ivar id: id of the script; identified by ``file``, because ids repeat across sets.
    :ivar file: path relative to the folder that was asked for.
    :ivar role: role by ``properties.json``, e.g. ``XIS-Server``.
    :ivar side: ``server``, ``client`` or ``mixed``: who is under test.
    :ivar asserts: counts per verdict.
    """

    id: str
    file: str
    role: str
    side: str
    title: str
    verdict: Verdict
    asserts: dict[str, int]
    findings: tuple[ScriptFinding, ...] = ()
    standard: str = ""
    goal: str = ""
    variant: str = ""
    requirements: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    attempts: int = 1
    duration: float = 0.0
    steps: tuple[Step, ...] = ()


def script_verdict(steps: Iterable[Step]) -> Verdict:
    """Verdict of a script: the worst of its steps; warnings do not count, no steps is inconclusive."""
    seen = {Verdict.PASS if step.verdict is Verdict.WARNING else step.verdict for step in steps}
    seen.discard(Verdict.NOT_APPLICABLE)
    return next((verdict for verdict in SEVERITY if verdict in seen), Verdict.INCONCLUSIVE)


def exit_code_of(results: Iterable[ScriptResult], *, harness_defect: bool = False) -> ExitCode:
    """The exit code of scripts: each counts as a MUST of the one party under test, and ran as a whole.

    A run in which the configuration kept every script from being executed was refused.

    :param harness_defect: something failed outside the scripts.
    """
    tallies: dict[Key, Tally] = {}
    sides: list[set[Blame | None]] = []
    for number, result in enumerate(results):
        tallies[Key("target", f"{result.file} {number}", result.standard, "")] = _COUNTS[result.verdict]
        errors = {item.blame for item in result.findings if item.verdict is Verdict.ERROR}
        sides.append(errors if result.verdict is Verdict.ERROR else set())
    if sides and all(item == {Blame.CONFIGURATION} for item in sides):
        return ExitCode.USAGE
    return exit_code(
        dict.fromkeys(tallies, Strength.MUST),
        tallies,
        subject={"target"},
        exchanges=len(tallies),
        harness_defect=harness_defect or any(Blame.HARNESS in item for item in sides),
    )


def as_json(result: ScriptResult) -> dict[str, object]:
    """One item of the ``--json`` object."""
    return {
        "id": result.id,
        "file": result.file,
        "role": result.role,
        "side": result.side,
        "title": result.title,
        "standard": result.standard,
        "goal": result.goal,
        "variant": result.variant,
        "verdict": result.verdict.value,
        "asserts": result.asserts,
        "requirements": list(result.requirements),
        "notes": list(result.notes),
        "attempts": result.attempts,
        "duration": round(result.duration, 4),
        "findings": [msgspec.to_builtins(finding) for finding in result.findings],
    }


def document(results: Iterable[ScriptResult], **extra: object) -> dict[str, object]:
    """The ``--json`` object: a summary per verdict at script level and the items."""
    items = list(results)
    return {
        "schema": "testscript-1",
        **extra,
        "summary": counts(item.verdict for item in items),
        "items": [as_json(item) for item in items],
    }
