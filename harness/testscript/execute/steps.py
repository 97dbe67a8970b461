"""What is noted per action: a step, with a finding where there is something to say."""

from __future__ import annotations

from urllib.parse import unquote

from harness.core.errors import HarnessError
from harness.core.issues import shortened
from harness.core.text import Phrase, Text, dutch, joined, said
from harness.core.verdicts import Blame, Verdict
from harness.testscript.execute.need import Need, Performed
from harness.testscript.judge.asserts import meaning_of
from harness.testscript.judge.bodies import error_text
from harness.testscript.judge.case import NOTHING, Judgement
from harness.testscript.outcome.results import Place, ScriptFinding, Step
from harness.testscript.phrases import A_RESPONSE, AN_OPERATION, NO_REQUEST
from harness.testscript.read.model import Assert, Operation


def title_of(operation: Operation) -> str:
    """What an operation is called."""
    return operation.description or f"{operation.code} {operation.resource}{operation.params}"


def performed_step(operation: Operation, performed: Performed, number: int, *, keep: bool) -> Step:
    """An operation that was performed; without a response it is a finding on the side that is to blame.

    :param number: number of its exchange within the script.
    :param keep: keep request and response in the step.
    """
    request, response = performed.request, performed.response
    verdict, finding = Verdict.PASS, None
    if response is None:
        asked = A_RESPONSE.format(method=request.method, url=request.url)
        verdict = Verdict.FAIL if performed.blame is Blame.PRODUCT else Verdict.ERROR
        finding = ScriptFinding(
            verdict=verdict,
            criterion="operation",
            where=Place(action=operation.key, line=operation.line, exchange=str(number)),
            label=operation.label,
            description=title_of(operation),
            blame=performed.blame,
            expected=said(asked, "en"),
            received=said(performed.error, "en"),
            nl=dutch(asked, performed.error),
            next_step=Text(
                nl="controleer of de server bereikbaar is en binnen de tijd antwoordt",
                en="check that the server can be reached and answers in time",
            ),
            mode="http",
        )
    return Step(
        kind="operation",
        action=operation.key,
        title=title_of(operation),
        verdict=verdict,
        finding=finding,
        request=request if keep else None,
        response=response if keep else None,
        duration=performed.duration,
    )


def assert_step(check: Assert, judgement: Judgement, exchange: int) -> Step:
    """A judged assert.

    :param exchange: number of the exchange that it looked at, 0 when there was none.
    """
    finding = ScriptFinding(
        verdict=judgement.verdict,
        criterion=check.criterion or "assert",
        where=Place(
            action=check.key,
            line=check.line,
            exchange=str(exchange) if exchange else "",
            path=judgement.path,
        ),
        label=check.label,
        description=check.description,
        warning_only=check.warning_only,
        blame=judgement.blame,
        expected=said(judgement.expected, "en"),
        received=said(judgement.received, "en"),
        nl=dutch(judgement.expected, judgement.received),
        next_step=judgement.next_step,
        mode=judgement.mode,
        issues=judgement.issues,
        ledger=judgement.ledger,
    )
    title = check.description or check.criterion
    return Step(kind="assert", action=check.key, title=title, verdict=finding.verdict, finding=finding)


def skipped_step(check: Assert, reason: Text, exchange: int) -> Step:
    """An assert that was not reached."""
    step = Text(nl=f"niet uitgevoerd: {reason.nl}", en=f"not executed: {reason.en}")
    return assert_step(check, Judgement(Verdict.NOT_APPLICABLE, next_step=step), exchange)


def refused_step(operation: Operation, error: HarnessError) -> Step:
    """An operation that cannot be performed as the script has it."""
    verdict, blame = meaning_of(error)
    return _engine_step(
        "operation",
        joined(error.where, error_text(error)),
        verdict,
        blame,
        next_step=error.next_step,
        title=title_of(operation),
        place=Place(action=operation.key, line=operation.line),
    )


NOT_MADE = Text(
    nl="doe dit verzoek vanuit de client (kijk ook bij de verzoeken zonder scenario)",
    en="make this request from the client (look among the requests without scenario too)",
)
NOT_OURS = Text(
    nl="alleen de geteste client zelf kan brengen wat hier verstuurd wordt: harness testscript serve",
    en="only the client under test itself can bring what is sent here: harness testscript serve",
)


def awaited_step(need: Need, next_step: Text) -> Step:
    """The end of a script whose next operation did not come."""
    operation, request = need.operation, need.request
    return _engine_step(
        "operation",
        NO_REQUEST,
        Verdict.INCONCLUSIVE,
        Blame.CONFIGURATION,
        expected=f"{request.method} {unquote(request.url)}",
        next_step=next_step,
        title=title_of(operation),
        place=Place(action=operation.key, line=operation.line),
    )


def _engine_step(
    criterion: str,
    received: Phrase,
    verdict: Verdict,
    blame: Blame | None,
    *,
    expected: Phrase = AN_OPERATION,
    next_step: Text = NOTHING,
    title: str = "",
    place: Place = Place(),  # noqa: B008 - frozen
) -> Step:
    expected, received = shortened(expected, 300), shortened(received, 300)
    finding = ScriptFinding(
        verdict=verdict,
        criterion=criterion,
        where=place,
        description=title,
        blame=blame,
        expected=said(expected, "en"),
        received=said(received, "en"),
        nl=dutch(expected, received),
        next_step=next_step,
        mode="engine",
    )
    return Step(
        kind=criterion, action=place.action, title=title or criterion, verdict=verdict, finding=finding
    )
