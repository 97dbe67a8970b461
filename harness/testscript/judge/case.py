"""What a criterion gets (one assert and the exchange it looks at) and what it gives (a judgement)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from harness.core.issues import Issue, shortened
from harness.core.run.exchanges import Request, Response
from harness.core.text import Phrase, Text, joined
from harness.core.verdicts import Blame, Verdict
from harness.judge.phrases import NO_RESPONSE
from harness.testscript.judge.bodies import Body
from harness.testscript.judge.patterns import found
from harness.testscript.phrases import A_FEATURE, CONNECTION_FAILED, SOURCE, UNSUPPORTED
from harness.testscript.read.model import Assert, TestScript

Resolve = Callable[[str], str]
"""Fills in the placeholders of a text."""
NOTHING = Text(nl="", en="")


@dataclass(frozen=True)
class Evidence:
    """The exchange that an assert looks at.

    :ivar response: ``None`` when there was none; ``error`` says why.
    """

    number: int
    request: Request
    request_body: Body
    response: Response | None
    response_body: Body
    error: Phrase = ""

    def body(self, direction: str) -> Body:
        """The body that ``direction`` points at."""
        return self.request_body if direction == "request" else self.response_body

    def missing(self, direction: str) -> Phrase:
        """Why there is no resource to look at."""
        if direction == "response" and self.response is None:
            return joined(NO_RESPONSE, self.error or CONNECTION_FAILED)
        body = self.body(direction)
        if direction == "response" and self.response is not None and body.problem:
            return joined(f"HTTP {self.response.status}", body.problem, separator=", ")
        return body.problem


@dataclass(frozen=True)
class ProfileAnswer:
    """What the validator says about a body.

    :ivar decided: whether it could look at all; ``reason`` when not.
    """

    decided: bool
    issues: tuple[Issue, ...] = ()
    reason: Text = NOTHING


ProfileCheck = Callable[[Body, str], ProfileAnswer]
"""(body, canonical of the profile that the script names) -> answer."""


def no_validator(body: Body, canonical: str) -> ProfileAnswer:
    """The check of a harness without validator: never decides."""
    return ProfileAnswer(
        False,
        reason=Text(nl="er is geen profielvalidator beschikbaar", en="no profile validator is available"),
    )


@dataclass(frozen=True)
class Means:
    """What criteria may use beside the exchange.

    :ivar resolve: fills in placeholders; its errors become a judgement.
    :ivar profiles: checks ``validateProfileId``.
    :ivar bodies: stored responses by name, for rules.
    :ivar now: what ``now()`` and ``today()`` say in expressions.
    :ivar source: a fixture or stored message by name; raises when there is none.
    """

    script: TestScript
    resolve: Resolve
    profiles: ProfileCheck
    bodies: Mapping[str, Body]
    now: datetime | date
    source: Callable[[str], Body]


@dataclass(frozen=True)
class Case:
    """One assert, the exchange that it looks at, and the means of its criterion."""

    check: Assert
    evidence: Evidence
    means: Means

    def resolve(self, text: str) -> str:
        """A text with its placeholders filled in."""
        return self.means.resolve(text)

    @property
    def operator(self) -> str:
        """The operator, ``equals`` when the assert names none."""
        return self.check.operator or "equals"

    @property
    def body(self) -> Body:
        """The body that the assert names, or that its direction points at."""
        if self.check.source_id:
            return self.means.source(self.check.source_id)
        return self.evidence.body(self.check.direction)

    @property
    def missing(self) -> Phrase:
        """Why that body is no resource."""
        if self.check.source_id:
            return SOURCE.format(name=self.check.source_id, problem=self.body.problem)
        return self.evidence.missing(self.check.direction)


@dataclass(frozen=True)
class Judgement:
    """What came out of one assert, before ``warningOnly``.

    :ivar fixtures: resources made by a rule, by fixture id, with their format.
    :ivar ledger: entry of the ledger that it is disputed by.
    """

    verdict: Verdict
    expected: Phrase = ""
    received: Phrase = ""
    path: str = ""
    mode: str = ""
    next_step: Text = NOTHING
    blame: Blame | None = None
    issues: tuple[Issue, ...] = ()
    ledger: str = ""
    fixtures: dict[str, tuple[dict[str, Any], str]] = field(default_factory=dict)


_CHECK_BODY = Text(
    nl="kijk in de vastgelegde uitwisseling naar het genoemde element",
    en="look at the element in the recorded exchange",
)


def unsupported(feature: Phrase) -> Judgement:
    """The script asks for something that the engine does not know: an error on our side."""
    return Judgement(
        Verdict.ERROR,
        A_FEATURE,
        UNSUPPORTED.format(feature=feature),
        mode="engine",
        blame=Blame.HARNESS,
        next_step=Text(
            nl="dit onderdeel van het script wordt niet ondersteund",
            en="this feature of the script is not supported",
        ),
    )


def failed(
    expected: Phrase, received: Phrase, *, path: str = "", mode: str = "http", step: Text = _CHECK_BODY
) -> Judgement:
    """The product does not do what the assert asks."""
    return Judgement(
        Verdict.FAIL, shortened(expected), shortened(received), path, mode, step, blame=Blame.PRODUCT
    )


def decided(
    met: bool | None, operator: str, expected: Phrase, received: Phrase, path: str, mode: str
) -> Judgement:
    """The judgement of a comparison; ``None`` means that the operator does not exist."""
    if met is None:
        return unsupported(f"operator {operator}")
    if met:
        return Judgement(Verdict.PASS, mode=mode)
    return failed(expected, received, path=path, mode=mode)


def compare(operator: str, actual: str, wanted: str) -> bool | None:
    """Whether a value meets operator and wanted value; ``None`` for an operator that does not exist."""
    match operator or "equals":
        case "equals":
            return actual == wanted
        case "notEquals":
            return actual != wanted
        case "in":
            return actual in _options(wanted)
        case "notIn":
            return actual not in _options(wanted)
        case "empty":
            return actual == ""
        case "notEmpty":
            return actual != ""
        case "contains":
            return wanted in actual
        case "notContains":
            return wanted not in actual
        case "greaterThan":
            return _order(actual, wanted) > 0
        case "lessThan":
            return _order(actual, wanted) < 0
        case "matches":
            return found(wanted, actual) is not None
    return None


def _options(wanted: str) -> list[str]:
    return [part.strip() for part in wanted.split(",")]


def _order(actual: str, wanted: str) -> int:
    """-1, 0 or 1: by number where both are numbers, else by character."""
    try:
        left, right = float(actual), float(wanted)
    except ValueError:
        return (actual > wanted) - (actual < wanted)
    return (left > right) - (left < right)
