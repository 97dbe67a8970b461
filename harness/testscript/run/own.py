"""One script against our own server (server role), or with our PGO as the client (client role).

Each script gets an independent copy of the loaded store, so that what one writes does not change the counts
of another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from harness.core.errors import HarnessError
from harness.core.run.exchanges import Request, Response
from harness.core.verdicts import Blame
from harness.testscript.execute.execution import Execution, drive
from harness.testscript.execute.need import Performed
from harness.testscript.execute.requests import brings_own_content
from harness.testscript.execute.settings import Settings
from harness.testscript.execute.steps import NOT_OURS
from harness.testscript.execute.transport import Transport, in_process
from harness.testscript.outcome.results import ScriptResult
from harness.testscript.own.inputs import bind_inputs
from harness.testscript.own.server import OwnServer, OwnServers, lenient
from harness.testscript.phrases import NOT_HOSTED
from harness.testscript.plan.items import Item, problem_result
from harness.testscript.plan.plan import Plan
from harness.testscript.read.model import TestScript
from harness.testscript.read.script import load_script
from harness.testscript.watch.client import ClientWatch
from harness.testscript.watch.session import Session


def run_self(item: Item, plan: Plan, servers: OwnServers) -> ScriptResult:
    """One script against our own server (server role) or with our PGO as the client (client role)."""
    try:
        script = item.loaded()
        loaded = servers.for_script(script)
        settings = plan.settings(script, servers.base, servers.base, loaded.server.model)
    except HarnessError as error:
        return problem_result(item, error)
    notes = [*loaded.problems[:5], *bind_inputs(script, loaded, settings.own_base, settings.overrides)]
    if script.side == "client":
        return _by_our_pgo(item, script, settings, plan, loaded, notes)
    return _on_our_server(item, script, settings, plan, loaded, notes)


def _by_our_pgo(
    item: Item, script: TestScript, settings: Settings, plan: Plan, loaded: OwnServer, notes: list[str]
) -> ScriptResult:
    """A client script: our PGO sends each request that it describes, and the watch judges it."""
    fresh = loaded.for_script(script, plan.tokens)
    session = Session(script, settings, fresh, item.file, plan.requirements(script), tuple(notes))
    watch = ClientWatch([session], fresh.fork(), settings.own_base)
    form = "xml" if plan.formats == frozenset(("xml",)) else "json"
    while (need := session.current.need) is not None:
        if brings_own_content(need):
            session.end(NOT_OURS)
            break
        watch.handle(as_pgo(need.request, form))
        if session.current.need is need:
            break
    return session.result()


def _on_our_server(
    item: Item, script: TestScript, settings: Settings, plan: Plan, loaded: OwnServer, notes: list[str]
) -> ScriptResult:
    """A server script: we are the server under test; the harness's own operations reach the same store."""
    server = loaded.for_script(script, plan.tokens)
    own = server.fork(authorize=lenient(server.authorize))
    own.store = server.store

    def own_send(request: Request) -> Performed:
        own.store = server.store
        performed = in_process(own.handle)(request)
        server.store = own.store
        return performed

    if loaded.profile.setup_from_variant:
        notes += _setup_from_variant(script, loaded.profile.setup_from_variant, settings, own_send)
    execution = Execution(script, settings, notes=tuple(notes))
    documents = (document.url for document in loaded.server.options.documents)
    send = offline(server.handle, settings.own_base, documents)
    drive(execution, {"server": send, "own": own_send, "client": send})
    return execution.result(file=item.file, requirements=plan.requirements(script))


def as_pgo(request: Request, form: str) -> Request:
    """What our PGO sends for a described request: a FHIR Accept where the script leaves the choice."""
    mime = f"application/fhir+{form}"
    headers = tuple(
        (name, mime if name.lower() == "accept" and value == "*/*" else value)
        for name, value in request.headers
    )
    return Request(method=request.method, url=request.url, headers=headers, body=request.body)


def offline(handle: Callable[[Request], Response], base: str, documents: Iterable[str]) -> Transport:
    """In-process transport that refuses URLs which our server does not host."""
    known = set(documents)
    send = in_process(handle)

    def transport(request: Request) -> Performed:
        if request.url in known or request.url == base or request.url.startswith((base + "/", base + "?")):
            return send(request)
        return Performed(request, error=NOT_HOSTED.format(url=request.url), blame=Blame.CONFIGURATION)

    return transport


def _setup_from_variant(script: TestScript, variant: str, settings: Settings, send: Transport) -> list[str]:
    """Execute the setup of the same script in another variant of its set on our server."""
    for folder in sorted(script.path.parent.parent.iterdir()):
        path = folder / script.path.name
        if folder != script.path.parent and variant in folder.name.lower() and path.is_file():
            execution = Execution(replace(load_script(path), tests=(), teardown=None), settings)
            drive(execution, {"own": send, "server": send})
            return [f"self test: data from the setup of {folder.name}/{path.name}"]
    return []
