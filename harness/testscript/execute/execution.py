"""Executes one script as a generator: it asks for exchanges and judges what it gets.

::

    execution = Execution(script, settings)
    need = execution.start()                 # the first operation, or None when the script is done
    while need is not None:
        need = execution.feed(transport(need.request))
    execution.result()

The same execution serves all roles: a driver sends ``need.request`` to the server under test or to our own
server, a watcher feeds what a client under test did. Flow rules: testscript sheet, section 6 (stop rules).
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from harness.core.errors import HarnessError
from harness.core.run.exchanges import header
from harness.core.text import Text
from harness.core.verdicts import Blame, Verdict
from harness.judge.phrases import NO_RESPONSE
from harness.testscript.execute import steps
from harness.testscript.execute.need import Need, Performed
from harness.testscript.execute.requests import need_of
from harness.testscript.execute.settings import Settings
from harness.testscript.execute.sources import Sources
from harness.testscript.execute.transport import Transport
from harness.testscript.judge.asserts import judge_assert
from harness.testscript.judge.bodies import Body, body_of
from harness.testscript.judge.case import Evidence, Judgement, Means
from harness.testscript.judge.disputes import Disputes
from harness.testscript.outcome.results import ScriptResult, Step, counts, script_verdict
from harness.testscript.phrases import NOBODY_PLAYS
from harness.testscript.read.errors import InputNeeded
from harness.testscript.read.model import Action, Assert, Block, Operation, TestScript


@dataclass
class Progress:
    """How far an execution is.

    :ivar steps: what was done and judged, in order.
    :ivar evidence: the last exchange, which asserts look at; ``None`` before the first.
    :ivar lost: why the operation that asserts should look at has no exchange; ``None`` when it has.
    :ivar pending: asserts after the operation that is asked for, up to the next operation.
    :ivar notes: remarks for the result.
    """

    notes: list[str]
    steps: list[Step] = field(default_factory=list)
    evidence: Evidence | None = None
    lost: Text | None = None
    pending: tuple[Assert, ...] = ()
    done: bool = False
    started: float = field(default_factory=time.perf_counter)

    @property
    def exchange(self) -> int:
        """Number of the last exchange, 0 before the first."""
        return self.evidence.number if self.evidence else 0


class Stop(Exception):
    """The rest of the current block is not executed."""


class End(Exception):
    """The rest of the script is not executed."""


class Execution:
    """One run of one script."""

    def __init__(self, script: TestScript, settings: Settings, *, notes: tuple[str, ...] = ()) -> None:
        self.script = script
        self.settings = settings
        self.sources = Sources(script, settings)
        self.disputes = Disputes.of(script)
        self.progress = Progress(list(notes))
        self._flow: Generator[Need, Performed, None] = self._run()

    @property
    def done(self) -> bool:
        """Whether the script has ended."""
        return self.progress.done

    def start(self) -> Need | None:
        """Run up to the first operation."""
        return self._advance(None)

    def feed(self, performed: Performed) -> Need | None:
        """Give the outcome of the operation that was asked for; run up to the next one."""
        return self._advance(performed)

    def abort(self, need: Need, next_step: Text) -> None:
        """End the script because the operation it waits for did not come."""
        self._flow.close()
        self.progress.done = True
        self.progress.steps.append(steps.awaited_step(need, next_step))

    def _advance(self, performed: Performed | None) -> Need | None:
        try:
            return next(self._flow) if performed is None else self._flow.send(performed)
        except StopIteration:
            self.progress.done = True
            return None

    # -- flow -----

    def _run(self) -> Generator[Need, Performed, None]:
        script = self.script
        healthy = True
        blocks = script.blocks()
        for number, block in enumerate(blocks):
            if block.kind == "test" and not healthy:
                self._skip(block.actions, Text(nl="de setup is mislukt", en="setup failed"))
                continue
            try:
                passed = yield from self._block(block, blocks[number + 1 :])
            except End:
                reason = Text(nl="het script wacht op invoer", en="the script waits for input")
                for left in blocks[number + 1 :]:
                    self._skip(left.actions, reason)
                return
            healthy = healthy and (passed or block.kind != "setup")

    def _block(self, block: Block, later: Sequence[Block]) -> Generator[Need, Performed, bool]:
        """Execute one block; whether every non-warning action passed (for setup).

        :param later: the blocks after it, whose asserts may look back.
        """
        healthy = True
        for index, action in enumerate(block.actions):
            try:
                if isinstance(action, Operation):
                    self.progress.pending = _looking_back(block.actions[index + 1 :], later)
                    yield from self._operation(action)
                elif not self._assert(action, block):
                    healthy = False
            except (Stop, End) as stop:
                reason = Text(
                    nl=f"het blok stopte bij {action.key}", en=f"{block.kind} stopped at {action.key}"
                )
                self._skip(block.actions[index + 1 :], reason)
                if isinstance(stop, End):
                    raise
                return False
        return healthy

    def _skip(self, actions: tuple[Action, ...], reason: Text) -> None:
        for action in actions:
            if isinstance(action, Assert):
                self.progress.steps.append(steps.skipped_step(action, reason, self.progress.exchange))

    def _operation(self, operation: Operation) -> Generator[Need, Performed, None]:
        progress = self.progress
        lost = Text(nl=f"{operation.key} is niet uitgevoerd", en=f"{operation.key} was not performed")
        try:
            need = need_of(operation, self.sources)
        except HarnessError as error:
            progress.steps.append(steps.refused_step(operation, error))
            progress.lost = lost
            raise (End if isinstance(error, InputNeeded) else Stop) from None
        performed = yield need
        progress.evidence = evidence = self._evidence(performed)
        # what kept a response away and is not the product's must not be judged as the product's
        progress.lost = lost if performed.response is None and performed.blame is not Blame.PRODUCT else None
        self.sources.keep(operation.response_id, evidence)
        self.sources.keep_request(operation.request_id, evidence)
        keep = self.settings.keep_steps
        progress.steps.append(steps.performed_step(operation, performed, evidence.number, keep=keep))
        if performed.response is None:
            raise Stop

    def _evidence(self, performed: Performed) -> Evidence:
        model = self.settings.model
        request, response = performed.request, performed.response
        sent = body_of(request.body, header(request.headers, "content-type") or "", model)
        if response is None:
            received = Body(b"", model, problem=performed.error or NO_RESPONSE)
        else:
            received = body_of(response.body, header(response.headers, "content-type") or "", model)
        number = self.progress.exchange + 1
        return Evidence(number, request, sent, response, received, performed.error)

    def _assert(self, check: Assert, block: Block) -> bool:
        """Judge one assert and note it; whether it passed. Raises :class:`Stop` by the stop rules."""

        progress = self.progress
        if progress.lost is not None:
            progress.steps.append(steps.skipped_step(check, progress.lost, progress.exchange))
            return True
        judgement = judge_assert(check, progress.evidence, self._means(check))
        judgement = self.disputes.weigh(check, judgement, progress.evidence, self.sources.now)
        self.sources.made.update(judgement.fixtures)
        failed = judgement.verdict in (Verdict.FAIL, Verdict.ERROR, Verdict.DISPUTED)
        if check.warning_only and judgement.verdict in (
            Verdict.FAIL,
            Verdict.INCONCLUSIVE,
            Verdict.DISPUTED,
        ):
            judgement = replace(judgement, verdict=Verdict.WARNING)
        progress.steps.append(steps.assert_step(check, judgement, progress.exchange))
        stop = check.stop if check.stop is not None else self.script.side == "load" or block.kind == "setup"
        if failed and stop:
            raise Stop
        return not failed or check.warning_only

    def _means(self, check: Assert) -> Means:
        def resolve(text: str) -> str:
            resolved = self.sources.resolve(text, check.line)
            if check.criterion == "headerField" and resolved in self.settings.tokens:
                return self.settings.tokens[resolved]
            return resolved

        sources = self.sources
        return Means(
            self.script, resolve, self.settings.profiles, sources.responses, sources.now, sources.body
        )

    def preview(self, need: Need, performed: Performed) -> list[tuple[Assert, Judgement]]:
        """What the asserts after the operation that is asked for would say, without executing anything.

        Profiles are left out: they cost much and tell no requests apart.
        """
        evidence = self._evidence(performed)
        with self.sources.trying(need.operation.response_id, evidence):
            return [
                (check, judge_assert(check, evidence, self._means(check)))
                for check in self.progress.pending
                if check.criterion != "validateProfileId"
            ]

    # -- outcome -----

    def result(
        self, *, file: str = "", requirements: tuple[str, ...] = (), attempts: int = 1
    ) -> ScriptResult:
        """The outcome so far."""
        script, done = self.script, self.progress.steps
        findings = (step.finding for step in done if step.verdict is not Verdict.PASS)
        return ScriptResult(
            id=script.id,
            file=file or str(script.path),
            role=script.info.role,
            side=script.side,
            title=script.title or script.name,
            verdict=script_verdict(done),
            asserts=counts(step.verdict for step in done if step.kind == "assert"),
            findings=tuple(finding for finding in findings if finding is not None),
            standard=script.info.standard,
            goal=script.info.goal,
            variant=script.info.variant,
            requirements=requirements,
            notes=tuple(self.progress.notes),
            attempts=attempts,
            duration=time.perf_counter() - self.progress.started,
            steps=tuple(done) if self.settings.keep_steps else (),
        )


def _looking_back(actions: Sequence[Action], later: Sequence[Block]) -> tuple[Assert, ...]:
    """The asserts that look at an operation: those after it, also in later blocks, up to the next one."""
    found: list[Assert] = []
    for action in chain(actions, *(block.actions for block in later)):
        if isinstance(action, Operation):
            break
        found.append(action)
    return tuple(found)


def drive(execution: Execution, transports: Mapping[str, Transport]) -> None:
    """Execute a script to its end with a transport per actor."""
    need = execution.start()
    while need is not None:
        transport = transports.get(need.actor)
        if transport is None:
            need = execution.feed(
                Performed(need.request, error=NOBODY_PLAYS.format(actor=need.actor), blame=Blame.HARNESS)
            )
            continue
        need = execution.feed(transport(need.request))
