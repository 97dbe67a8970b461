"""Runs many scripts: against our own server, against a server under test, or with our client as the PGO.

Each script gets an independent copy of the loaded store, so that what one writes does not change the counts
of another. Against a server under test, scripts of a patient whose records some script changes run one
after the other; all others run beside each other.
"""

from __future__ import annotations

import fnmatch
import hashlib
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from harness.core.errors import HarnessError, UsageError, UserError
from harness.core.issues import shorten
from harness.core.run.exchanges import Request
from harness.core.text import Text
from harness.core.verdicts import Blame, Verdict
from harness.testscript.execute.execution import Execution, Performed, Settings
from harness.testscript.execute.transport import Transport, in_process
from harness.testscript.outcome.results import Place, ScriptFinding, ScriptResult, counts
from harness.testscript.own.server import BASE, SelfServer, build, lenient
from harness.testscript.plan.validators import ProfileChecks
from harness.testscript.read.model import TestScript
from harness.testscript.read.script import find_scripts, load_script
from harness.testscript.read.tokens import find_token_map, read_token_map
from harness.testscript.watch.matching import ClientWatch, Session

WRITES = frozenset(("update", "updateCreate", "create", "transaction", "batch", "delete", "purge"))


@dataclass(frozen=True)
class Item:
    """One script file to run; ``problem`` when it cannot be loaded."""

    path: Path
    file: str
    script: TestScript | None = None
    problem: HarnessError | None = None


@dataclass
class Plan:
    """What to run and how.

    :ivar formats: ``json``, ``xml`` or both, for scripts that exist per format; also what our PGO asks for.
    :ivar tokens: official Authorization value -> value to use.
    :ivar overrides: values of variables.
    :ivar keep_steps: keep requests and responses in the results.
    """

    t: date
    now: datetime | None = None
    formats: frozenset[str] = frozenset(("json", "xml"))
    only: tuple[str, ...] = ()
    tokens: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, str] = field(default_factory=dict)
    profiles: ProfileChecks = field(default_factory=ProfileChecks)
    keep_steps: bool = False
    requirements: Callable[[TestScript], tuple[str, ...]] = lambda script: ()


def collect(paths: Sequence[Path], plan: Plan) -> list[Item]:
    """The scripts of folders and files after the filters; a file that cannot be loaded is kept with its
    problem.

    :raises UsageError: when nothing is left.
    """
    root = paths[0] if len(paths) == 1 and paths[0].is_dir() else None
    items: list[Item] = []
    for path in find_scripts(paths):
        name = str(path.relative_to(root)) if root else str(path)
        try:
            script = load_script(path)
        except UserError as error:
            if (
                re.search(rb"<(\w+:)?(?!TestScript)[A-Z]\w+[^>]*xmlns", _head(path))
                and len(paths) == 1
                and root
            ):
                continue  # some other FHIR resource beside the scripts
            if selected(name, "", plan.only):
                items.append(Item(path, name, problem=error))
            continue
        if script.side == "load" or (script.format and script.format not in plan.formats):
            continue
        if selected(name, script.id, plan.only):
            items.append(Item(path, name, script))
    if not items:
        raise UsageError(
            Text(nl="geen TestScripts over na de filters", en="no TestScripts left after the filters"),
            where=", ".join(map(str, paths)),
            received=", ".join(plan.only) or ", ".join(sorted(plan.formats)),
        )
    return items


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(600)
    except OSError:
        return b""


def selected(name: str, identity: str, only: Sequence[str]) -> bool:
    """Whether a script is chosen by ``--only``: a part of its path, its id, or a pattern with ``*``."""
    if not only:
        return True
    text = name.replace("\\", "/").lower()
    for word in (word.lower() for word in only):
        if word in text or word == identity.lower() or fnmatch.fnmatch(text, word):
            return True
    return False


def problem_result(item: Item) -> ScriptResult:
    """Result of a script that cannot be loaded or prepared: an error with its reason."""
    error = item.problem
    assert error is not None
    finding = ScriptFinding(
        verdict=Verdict.ERROR,
        criterion="script",
        where=Place(),
        blame=Blame.CONFIGURATION,
        expected=error.expected or "a script that can be executed",
        received=shorten(
            f"{error.where}: {error.message.en}" + (f": {error.received}" if error.received else ""), 300
        ),
        next_step=error.next_step if error.next_step.en else error.message,
        mode="engine",
    )
    script = item.script
    return ScriptResult(
        id=script.id if script else item.path.stem,
        file=item.file,
        role=script.info.role if script else "",
        side=script.side if script else "",
        title=script.title if script else "",
        verdict=Verdict.ERROR,
        asserts=counts(()),
        findings=(finding,),
        standard=script.info.standard if script else "",
        goal=script.info.goal if script else "",
        variant=script.info.variant if script else "",
    )


def settings_of(script: TestScript, plan: Plan, base: str, own_base: str, model: object) -> Settings:
    """Settings of one execution."""
    from harness.fhir.model.types import Model

    assert isinstance(model, Model)
    return Settings(
        model,
        plan.t,
        base,
        own_base,
        now=plan.now,
        tokens=dict(plan.tokens),
        overrides=dict(plan.overrides),
        profiles=plan.profiles.for_set(script.info),
        keep_steps=plan.keep_steps,
    )


class SelfServers:
    """Our loaded servers, one per set and store profile, built when needed and shared by its scripts."""

    def __init__(self, plan: Plan, base: str = BASE) -> None:
        self.plan = plan
        self.base = base
        self._lock = threading.Lock()
        self._built: dict[tuple[Path, str, str], SelfServer] = {}

    def for_script(self, script: TestScript) -> SelfServer:
        """The server for a script's set.

        :raises HarnessError: when the fixtures cannot be loaded.
        """
        from harness.testscript.own.server import profile_for
        from harness.testscript.read.script import goal_folder

        key = (goal_folder(script.path), profile_for(script.info).name, script.info.fhir_version)
        with self._lock:
            found = self._built.get(key)
            if found is None:
                found = self._built[key] = build(script, self.plan.t, now=self.plan.now, base=self.base)
            return found


def drive(execution: Execution, transports: Mapping[str, Transport]) -> None:
    """Execute a script to its end with a transport per actor."""
    need = execution.start()
    while need is not None:
        transport = transports.get(need.actor)
        if transport is None:
            need = execution.feed(
                Performed(need.request, error=f"nobody plays the {need.actor}", blame=Blame.HARNESS)
            )
            continue
        need = execution.feed(transport(need.request))


def as_pgo(request: Request, form: str) -> Request:
    """What our PGO sends for a described request: a FHIR Accept where the script leaves the choice."""
    mime = f"application/fhir+{form}"
    headers = tuple(
        (name, mime if name.lower() == "accept" and value == "*/*" else value)
        for name, value in request.headers
    )
    return Request(method=request.method, url=request.url, headers=headers, body=request.body)


def offline(handle: Callable[[Request], object], base: str, documents: Iterable[str]) -> Transport:
    """In-process transport that refuses URLs which our server does not host."""
    known = set(documents)
    send = in_process(handle)  # type: ignore[arg-type]

    def transport(request: Request) -> Performed:
        if request.url in known or request.url == base or request.url.startswith((base + "/", base + "?")):
            return send(request)
        return Performed(
            request, error=f"connect: {request.url} is not hosted by our server", blame=Blame.CONFIGURATION
        )

    return transport


def run_self(item: Item, servers: SelfServers) -> ScriptResult:
    """One script against our own server (server role) or with our PGO as the client (client role)."""
    script, plan = item.script, servers.plan
    if script is None:
        return problem_result(item)
    try:
        loaded = servers.for_script(script)
        settings = settings_of(script, plan, servers.base, servers.base, loaded.server.model)
    except HarnessError as error:
        return problem_result(replace(item, problem=error))
    requirements = plan.requirements(script)
    documents = [document.url for document in loaded.server.options.documents]
    notes = [*loaded.problems[:5], *_operator_input(script, settings, loaded)]
    if script.side == "client":
        fork = loaded.server.fork()
        session = Session(script, settings, fork, loaded.server, item.file, requirements)
        session.execution.notes += notes
        watch = ClientWatch([session], fork, servers.base)
        form = "xml" if plan.formats == frozenset(("xml",)) else "json"
        while session.need is not None:
            before = session.need
            watch.handle(as_pgo(before.request, form))
            if session.need is before:
                break
        return session.result()
    server = loaded.server.fork()
    own = loaded.server.fork(authorize=lenient(loaded.server.authorize))
    own.store = server.store

    def own_send(request: Request) -> Performed:
        own.store = server.store
        performed = in_process(own.handle)(request)
        server.store = own.store
        return performed

    if loaded.profile.setup_from_variant:
        notes += setup_from_variant(script, loaded.profile.setup_from_variant, settings, own_send)
    execution = Execution(script, settings, notes=tuple(notes))
    send = offline(server.handle, servers.base, documents)
    drive(execution, {"server": send, "own": own_send, "client": send})
    return execution.result(file=item.file, requirements=requirements)


def _operator_input(script: TestScript, settings: Settings, loaded: SelfServer) -> list[str]:
    """Values for variables that wait for a person, in a self test only; each is noted."""
    notes = []
    for name, variable in script.variables.items():
        if variable.default is not None or variable.expression is not None or name in settings.overrides:
            continue
        if variable.hint.startswith("unsupported"):
            continue
        lowered = name.lower()
        patient = next((loaded.tokens[token] for token in tokens_in(script) if token in loaded.tokens), "")
        if "url" in lowered or "endpoint" in lowered or "base" in lowered:
            value = settings.own_base
        elif "bsn" in lowered:
            value = loaded.numbers.get(patient, "999990019")
        elif lowered.endswith("id") and patient:
            value = patient
        else:
            value = "harness-self-test"
        settings.overrides[name] = value
        notes.append(f"self test: variable {name} has no value, {value} is used")
    return notes


def setup_from_variant(script: TestScript, variant: str, settings: Settings, send: Transport) -> list[str]:
    """Execute the setup of the same script in another variant of its set on our server."""
    for folder in sorted(script.path.parent.parent.iterdir()):
        path = folder / script.path.name
        if folder != script.path.parent and variant in folder.name.lower() and path.is_file():
            execution = Execution(replace(load_script(path), tests=(), teardown=None), settings)
            drive(execution, {"own": send, "server": send})
            return [f"self test: data from the setup of {folder.name}/{path.name}"]
    return []


def run_server(item: Item, plan: Plan, base: str, transport: Transport, servers: SelfServers) -> ScriptResult:
    """One script against a server under test."""
    script = item.script
    if script is None:
        return problem_result(item)
    try:
        from harness.fhir.model.types import load_model

        settings = settings_of(script, plan, base, servers.base, load_model(script.info.fhir_version))
        transports: dict[str, Transport] = {"server": transport}
        if any(script.by_harness(operation) for operation in script.operations()):
            loaded = servers.for_script(script)
            own = loaded.server.fork(authorize=lenient(loaded.server.authorize))
            transports["own"] = in_process(own.handle)
    except HarnessError as error:
        return problem_result(replace(item, problem=error))
    execution = Execution(script, settings)
    drive(execution, transports)
    return execution.result(file=item.file, requirements=plan.requirements(script))


def tokens_in(script: TestScript) -> frozenset[str]:
    """The access tokens (or the variables that hold them) that a script uses."""
    return frozenset(
        script.variables[value[2:-1]].default or value
        if value.startswith("${") and value[2:-1] in script.variables
        else value
        for operation in script.operations()
        for name, value in operation.headers
        if name.lower() == "authorization"
    )


def groups(items: Sequence[Item]) -> list[list[Item]]:
    """Groups that may run beside each other; within a group one after the other, in order."""
    written = {
        token
        for item in items
        if item.script and any(operation.code in WRITES for operation in item.script.operations())
        for token in tokens_in(item.script)
    }
    shared: dict[str, list[Item]] = {}
    result: list[list[Item]] = []
    for item in items:
        touched = sorted(tokens_in(item.script) & written) if item.script else []
        if not touched:
            result.append([item])
            continue
        group = next((shared[token] for token in touched if token in shared), None)
        if group is None:
            group = []
            result.append(group)
        for token in touched:
            shared.setdefault(token, group)
        group.append(item)
    return result


def run_all(
    items: Sequence[Item], one: Callable[[Item], ScriptResult], *, parallel: int = 1
) -> Iterator[tuple[Item, ScriptResult]]:
    """Run all items; results come in the order of the items."""
    if parallel <= 1:
        for item in items:
            yield item, _guarded(item, one)
        return
    with ThreadPoolExecutor(max_workers=parallel) as pool:
        futures = {}
        for group in groups(items):
            future = pool.submit(lambda group=group: [_guarded(item, one) for item in group])  # type: ignore[misc]
            for position, item in enumerate(group):
                futures[id(item)] = (future, position)
        for item in items:
            future, position = futures[id(item)]
            yield item, future.result()[position]


def _guarded(item: Item, one: Callable[[Item], ScriptResult]) -> ScriptResult:
    """A defect of the engine becomes an error of that script; the run goes on."""
    try:
        return one(item)
    except HarnessError as error:
        return problem_result(replace(item, problem=error))
    except Exception as error:  # noqa: BLE001 - one script must not end the run
        text = f"{type(error).__name__}: {error}"
        problem = HarnessError(
            Text(nl="interne fout bij uitvoeren", en="internal error while executing"),
            where=item.file,
            received=text,
        )
        result = problem_result(replace(item, problem=problem))
        finding = result.findings[0]
        harness = ScriptFinding(
            verdict=finding.verdict,
            criterion=finding.criterion,
            where=finding.where,
            blame=Blame.HARNESS,
            expected=finding.expected,
            received=finding.received,
            next_step=finding.next_step,
            mode=finding.mode,
        )
        return replace_findings(result, (harness,))


def replace_findings(result: ScriptResult, findings: tuple[ScriptFinding, ...]) -> ScriptResult:
    """A result with other findings."""
    import msgspec

    return msgspec.structs.replace(result, findings=findings)


def token_rewriting(paths: Sequence[Path], own_map: Path) -> dict[str, str]:
    """Official token -> the vendor's token, by patient id, for a map in the official shape."""
    from harness.testscript.read.tokens import rewriting

    own = read_token_map(own_map)
    official = find_token_map(paths[0]) if paths else None
    return rewriting(read_token_map(official) if official else [], own)


def fingerprint(item: Item, plan: Plan, target: str) -> str:
    """Identity of a result for resuming: script text, T, target and tokens."""
    digest = hashlib.sha256(item.path.read_bytes() if item.path.is_file() else b"")
    digest.update(
        f"{plan.t}|{target}|{sorted(plan.tokens.items())}|{sorted(plan.overrides.items())}".encode()
    )
    return digest.hexdigest()[:16]
