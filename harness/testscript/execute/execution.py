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
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal
from urllib.parse import quote, urljoin

from harness.core.errors import HarnessError
from harness.core.issues import shorten
from harness.core.run.exchanges import Request, Response, header
from harness.core.text import Text
from harness.core.verdicts import Blame, Verdict
from harness.fhir.codec import documents as codec
from harness.fhir.model.types import Model
from harness.testscript.judge.asserts import Evidence, Judgement, ProfileCheck, judge_assert, no_validator
from harness.testscript.judge.bodies import Body, as_text, body_of, error_text, parsed
from harness.testscript.outcome.results import (
    Place,
    ScriptFinding,
    ScriptResult,
    Step,
    counts,
    script_verdict,
)
from harness.testscript.read.model import Assert, Block, Operation, TestScript, Variable
from harness.testscript.read.placeholders import PlaceholderError, Values

Actor = Literal["server", "own", "client"]
"""Who acts: the harness on the server under test or on its own server, or the client under test."""

MIME = {"json": "application/fhir+json", "xml": "application/fhir+xml", "": "", "none": ""}
NO_ACCEPT = "*/*"

_METHODS = {
    "search": "GET", "read": "GET", "vread": "GET", "history": "GET", "get": "GET", "update": "PUT",
    "updateCreate": "PUT", "create": "POST", "transaction": "POST", "batch": "POST", "delete": "DELETE",
    "purge": "POST",
}  # fmt: skip


@dataclass(frozen=True)
class Performed:
    """What happened to an operation.

    :ivar error: why there is no response: ``kind: detail``.
    :ivar blame: whose side the lack of a response is on.
    """

    request: Request
    response: Response | None = None
    error: str = ""
    blame: Blame = Blame.PRODUCT
    duration: float = 0.0


@dataclass(frozen=True)
class Need:
    """An operation that must now happen.

    :ivar request: what the harness sends; for ``client``: what the client is expected to send.
    """

    operation: Operation
    actor: Actor
    request: Request


FixtureText = Callable[[TestScript, str], str]
"""(script, fixture id) -> text of the file; raises a UserError for a missing file."""


@dataclass
class Settings:
    """What executions of a run share.

    :param base: base URL of the server under test (or of our own server in client role).
    :param own_base: base URL of our own server.
    :param tokens: rewriting of Authorization values: official token -> token to use.
    :param overrides: values for variables by name.
    :param profiles: checks ``validateProfileId``.
    """

    model: Model
    t: date
    base: str
    own_base: str
    now: datetime | None = None
    tokens: dict[str, str] = field(default_factory=dict)
    overrides: dict[str, str] = field(default_factory=dict)
    profiles: ProfileCheck = no_validator
    keep_steps: bool = True
    root: str = ""
    parse_cache: dict[tuple[bytes, str], Body] = field(default_factory=dict)


class Stop(Exception):
    """The rest of the current block is not executed."""


class Execution:
    """One run of one script."""

    def __init__(self, script: TestScript, settings: Settings, *, notes: tuple[str, ...] = ()) -> None:
        self.script = script
        self.settings = settings
        self.steps: list[Step] = []
        self.notes = list(notes)
        self.done = False
        self._values = Values(
            script,
            settings.t,
            now=settings.now,
            overrides=settings.overrides,
            evaluate=self._evaluate,
        )
        self._responses: dict[str, Body] = {}
        self._made: dict[str, tuple[dict[str, Any], str]] = {}
        self._fixtures: dict[str, Body] = {}
        self._evidence: Evidence | None = None
        self._number = 0
        self._started = time.perf_counter()
        self._flow: Generator[Need, Performed, None] = self._run()

    # -- driving -----

    def start(self) -> Need | None:
        """Run up to the first operation."""
        return self._advance(None)

    def feed(self, performed: Performed) -> Need | None:
        """Give the outcome of the operation that was asked for; run up to the next one."""
        return self._advance(performed)

    def abort(self, reason: Text) -> None:
        """End the script because the operation it waits for will not come."""
        if not self.done:
            self._flow.close()
            self.done = True
            self._error("operation", "", 0, reason.en, Verdict.INCONCLUSIVE, Blame.CONFIGURATION, reason)

    def _advance(self, performed: Performed | None) -> Need | None:
        try:
            return next(self._flow) if performed is None else self._flow.send(performed)
        except StopIteration:
            self.done = True
            return None

    def _run(self) -> Generator[Need, Performed, None]:
        script = self.script
        if script.unsupported:
            self._error(
                "script",
                "",
                0,
                "unsupported feature: " + ", ".join(script.unsupported),
                Verdict.ERROR,
                Blame.HARNESS,
            )
            return
        try:
            healthy = True
            if script.setup is not None:
                healthy = yield from self._block(script.setup)
            for block in script.tests:
                if healthy:
                    yield from self._block(block)
                else:
                    self._skip(block.actions, Text(nl="de setup is mislukt", en="setup failed"))
        finally:
            pass
        if script.teardown is not None:
            yield from self._block(script.teardown)

    def _block(self, block: Block) -> Generator[Need, Performed, bool]:
        """Execute one block; whether every non-warning action passed (for setup)."""
        healthy = True
        for index, action in enumerate(block.actions):
            try:
                if isinstance(action, Operation):
                    yield from self._operation(action)
                elif not self._assert(action, block):
                    healthy = False
            except Stop:
                reason = Text(
                    nl=f"het blok stopte bij {action.key}", en=f"{block.kind} stopped at {action.key}"
                )
                self._skip(block.actions[index + 1 :], reason)
                return False
        return healthy

    def _skip(self, actions: tuple[Any, ...], reason: Text) -> None:
        for action in actions:
            if isinstance(action, Assert):
                step = Text(nl=f"niet uitgevoerd: {reason.nl}", en=f"not executed: {reason.en}")
                finding = self._finding(action, Judgement(Verdict.NOT_APPLICABLE, next_step=step))
                self._add("assert", action.key, action.description or action.criterion, finding)

    # -- operations -----

    def _operation(self, operation: Operation) -> Generator[Need, Performed, None]:
        title = operation.description or f"{operation.code} {operation.resource}{operation.params}"
        try:
            need = self._need(operation)
        except HarnessError as error:
            blame = Blame.CONFIGURATION if isinstance(error, PlaceholderError) else Blame.HARNESS
            self._error(
                "operation", operation.key, operation.line,
                f"{error.where}: {error_text(error)}".lstrip(": "),
                Verdict.ERROR, blame, error.next_step, title,
            )  # fmt: skip
            raise Stop from None
        performed = yield need
        self._number += 1
        model = self.settings.model
        request, response = performed.request, performed.response
        sent = body_of(request.body, header(request.headers, "content-type") or "", model)
        if response is None:
            received = Body(b"", model, problem=performed.error or "no response")
        else:
            received = body_of(response.body, header(response.headers, "content-type") or "", model)
        self._evidence = Evidence(self._number, request, sent, response, received, performed.error)
        if operation.response_id:
            self._responses[operation.response_id] = received
        verdict = Verdict.PASS if response is not None else Verdict.FAIL
        finding = None
        if response is None:
            if performed.blame is not Blame.PRODUCT:
                verdict = Verdict.ERROR
            finding = ScriptFinding(
                verdict=verdict,
                criterion="operation",
                where=Place(action=operation.key, line=operation.line, exchange=str(self._number)),
                label=operation.label,
                description=title,
                blame=performed.blame,
                expected=f"a response to {request.method} {request.url}",
                received=performed.error,
                next_step=Text(
                    nl="controleer of de server bereikbaar is en binnen de tijd antwoordt",
                    en="check that the server can be reached and answers in time",
                ),
                mode="http",
            )
        self.steps.append(
            Step(
                kind="operation",
                action=operation.key,
                title=title,
                verdict=verdict,
                finding=finding,
                request=request if self.settings.keep_steps else None,
                response=response if self.settings.keep_steps else None,
                duration=performed.duration,
            )
        )
        if response is None:
            raise Stop

    def _need(self, operation: Operation) -> Need:
        if operation.unsupported or operation.code not in _METHODS:
            odd = ", ".join(operation.unsupported) or f"operation {operation.code or '(none)'}"
            raise HarnessError(Text(nl=f"niet ondersteund: {odd}", en=f"unsupported feature: {odd}"))
        actor = self._actor(operation)
        request = self._request(operation, actor)
        if actor == "own" and operation.url and not request.url.startswith(self.settings.own_base):
            actor = "server"  # a plain GET of a URL that the server under test gave
        return Need(operation, actor, request)

    def _actor(self, operation: Operation) -> Actor:
        if self.script.by_client(operation):
            return "client"
        own = self.script.by_harness(operation) and not (operation.url and self.script.side == "server")
        return "own" if own or self._destination_is_own(operation) else "server"

    def _destination_is_own(self, operation: Operation) -> bool:
        if operation.destination is None:
            return False
        return not any(
            party.sut and party.index == operation.destination for party in self.script.destinations
        )

    def _request(self, operation: Operation, actor: Actor) -> Request:
        where = f"{self.script.path}:{operation.line}"
        base = (self.settings.base if actor != "own" else self.settings.own_base).rstrip("/")
        params = self._values.resolve(operation.params, where=where)
        if operation.url:
            url = self._values.resolve(operation.url, where=where)
            url = url if "://" in url else urljoin(base + "/", url.lstrip("/"))
            url = encode(url) if operation.encode else url
        else:
            url = base
            if operation.code not in ("transaction", "batch"):
                kind = operation.resource or ("Patient" if operation.code == "purge" else "")
                url += f"/{kind}" if kind else ""
                url += params if params.startswith(("?", "/")) or not params else f"/{params}"
            url = encode(url) if operation.encode else url
        headers: list[tuple[str, str]] = []
        if operation.code not in ("purge",):
            headers.append(("Accept", MIME.get(operation.accept, operation.accept) or NO_ACCEPT))
        body = b""
        if operation.source_id:
            source = self.source(operation.source_id)
            content_type = MIME.get(operation.content_type, operation.content_type)
            body, content_type = self._converted(source, content_type)
            headers.append(("Content-Type", content_type))
        elif operation.code in ("transaction", "batch", "update", "updateCreate"):
            raise HarnessError(Text(nl="bewerking zonder sourceId", en="operation without sourceId"))
        for name, value in operation.headers:
            resolved = self._values.resolve(value, where=where)
            if name.lower() == "authorization":
                resolved = self.settings.tokens.get(resolved, resolved)
            headers = [pair for pair in headers if pair[0].lower() != name.lower()]
            headers.append((name, resolved))
        return Request(method=_METHODS[operation.code], url=url, headers=tuple(headers), body=body)

    def _converted(self, source: Body, content_type: str) -> tuple[bytes, str]:
        """The bytes to send; converted when the script asks another format than the fixture has."""
        wanted = "json" if "json" in content_type else "xml" if "xml" in content_type else source.form
        if wanted == source.form or source.resource is None:
            return source.data, content_type or MIME[source.form]
        if wanted == "json":
            return codec.to_json(source.resource), content_type
        return codec.to_xml(source.resource, self.settings.model), content_type

    # -- sources and variables -----

    def source(self, name: str) -> Body:
        """A fixture, a stored response body, or a fixture made by a rule.

        :raises HarnessError: when there is none, or its file is missing.
        """
        if name in self._made:
            resource, form = self._made[name]
            model = self.settings.model
            data = codec.to_json(resource) if form == "json" else codec.to_xml(resource, model)
            return parsed(data, form, model)
        if name in self._responses:
            return self._responses[name]
        if name in self._fixtures:
            return self._fixtures[name]
        fixture = self.script.fixtures.get(name)
        if fixture is None:
            raise HarnessError(
                Text(nl=f"onbekende bron '{name}'", en=f"unknown source '{name}'"),
                where=str(self.script.path),
                expected=", ".join([*self.script.fixtures, *self._responses][:10]),
                received=name,
            )
        try:
            text = fixture.path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise PlaceholderError(
                Text(nl=f"fixture '{name}' kan niet worden gelezen", en=f"fixture '{name}' cannot be read"),
                where=f"{self.script.path}:{fixture.line}",
                received=f"{fixture.path}: {getattr(error, 'strerror', None) or error}",
            ) from None
        data = self._values.resolve_fixture(text, where=str(fixture.path)).encode()
        form = codec.sniff(data) or "xml"
        cached = self.settings.parse_cache.get((data, form))
        if cached is None:
            cached = self.settings.parse_cache[data, form] = parsed(data, form, self.settings.model)
        self._fixtures[name] = cached
        return cached

    def _evaluate(self, variable: Variable) -> str | None:
        """Value of an expression variable, ``None`` when its source is not there yet or nothing is found."""
        name = variable.source_id
        if name not in self._responses and name not in self._made and name not in self.script.fixtures:
            if not any(operation.response_id == name for operation in self.script.operations()):
                raise HarnessError(
                    Text(nl=f"onbekende bron '{name}'", en=f"unknown source '{name}'"),
                    where=f"{self.script.path}:{variable.line}",
                )
            return None
        body = self.source(name)
        if body.resource is None:
            raise PlaceholderError(
                Text(nl=f"bron '{name}' is geen FHIR-resource", en=f"source '{name}' is not a FHIR resource"),
                where=f"{self.script.path}:{variable.line}",
                received=body.problem,
            )
        expression = self._values.resolve(variable.expression or "")
        result = body.evaluate(expression)
        return as_text(result[0]) if result else None

    # -- asserts -----

    def _assert(self, check: Assert, block: Block) -> bool:
        """Judge one assert and note it; whether it passed. Raises :class:`Stop` by the stop rules."""

        def resolve(text: str) -> str:
            resolved = self._values.resolve(text, where=f"{self.script.path}:{check.line}")
            if check.criterion == "headerField" and resolved in self.settings.tokens:
                return self.settings.tokens[resolved]
            return resolved

        judgement = judge_assert(
            check, self._evidence, self.script, resolve, self.settings.profiles, self._responses
        )
        self._made.update(judgement.fixtures)
        failed = judgement.verdict in (Verdict.FAIL, Verdict.ERROR)
        if check.warning_only and judgement.verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE):
            judgement = replace(judgement, verdict=Verdict.WARNING)
        self._add("assert", check.key, check.description or check.criterion, self._finding(check, judgement))
        stop = check.stop if check.stop is not None else self.script.side == "load" or block.kind == "setup"
        if failed and stop:
            raise Stop
        return not failed or check.warning_only

    def _finding(self, check: Assert, judgement: Judgement) -> ScriptFinding:
        place = Place(
            action=check.key,
            line=check.line,
            exchange=str(self._evidence.number) if self._evidence else "",
            path=judgement.path,
        )
        return ScriptFinding(
            verdict=judgement.verdict,
            criterion=check.criterion or "assert",
            where=place,
            label=check.label,
            description=check.description,
            warning_only=check.warning_only,
            blame=judgement.blame,
            expected=judgement.expected,
            received=judgement.received,
            next_step=judgement.next_step,
            mode=judgement.mode,
            issues=judgement.issues,
        )

    def _add(self, kind: str, action: str, title: str, finding: ScriptFinding) -> None:
        self.steps.append(
            Step(kind=kind, action=action, title=title, verdict=finding.verdict, finding=finding)
        )

    def _error(
        self,
        kind: str,
        action: str,
        line: int,
        received: str,
        verdict: Verdict,
        blame: Blame,
        step: Text | None = None,
        title: str = "",
    ) -> None:
        finding = ScriptFinding(
            verdict=verdict,
            criterion=kind,
            where=Place(action=action, line=line),
            description=title,
            blame=blame,
            expected="an operation that can be performed",
            received=shorten(received, 300),
            next_step=step or Text(nl="", en=""),
            mode="engine",
        )
        self._add(kind, action, title or kind, finding)

    # -- outcome -----

    def result(
        self, *, file: str = "", requirements: tuple[str, ...] = (), attempts: int = 1
    ) -> ScriptResult:
        """The outcome so far."""
        script = self.script
        findings = tuple(
            step.finding
            for step in self.steps
            if step.finding is not None and step.verdict is not Verdict.PASS
        )
        return ScriptResult(
            id=script.id,
            file=file or str(script.path),
            role=script.info.role,
            side=script.side,
            title=script.title or script.name,
            verdict=script_verdict(self.steps),
            asserts=counts(step.verdict for step in self.steps if step.kind == "assert"),
            findings=findings,
            standard=script.info.standard,
            goal=script.info.goal,
            variant=script.info.variant,
            requirements=requirements,
            notes=tuple(self.notes),
            attempts=attempts,
            duration=time.perf_counter() - self._started,
            steps=tuple(self.steps) if self.settings.keep_steps else (),
        )


_SAFE = "/:,$-._~!*'()@;=?&%#"
_SAFE_BASE = _SAFE + "+"


def encode(url: str) -> str:
    """Percent-encode what may not stand in a URL; escapes and ``$lastn`` stay, ``+`` becomes ``%2B``."""
    path, mark, query = url.partition("?")
    return quote(path, safe=_SAFE_BASE) + (mark + quote(query, safe=_SAFE) if mark else "")
