"""The client scripts of folders and their fixtures, loaded into one mock server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.core.errors import ConfigurationError, HarnessError
from harness.core.run.exchanges import header
from harness.core.text import Text
from harness.fhir.server.options import by_token, open_access
from harness.fhir.server.service import FhirServer
from harness.fhir.store import Patients, ids_of
from harness.testscript.outcome.people import People
from harness.testscript.outcome.results import ScriptResult
from harness.testscript.own.inputs import bind_inputs
from harness.testscript.own.server import OwnServer, OwnServers, lenient
from harness.testscript.plan.items import collect, problem_result
from harness.testscript.plan.plan import Plan
from harness.testscript.watch.client import ClientWatch
from harness.testscript.watch.session import Session


@dataclass
class Mock:
    """A watch on one mock server with everything that was loaded."""

    watch: ClientWatch
    problems: list[ScriptResult]
    tokens: dict[str, Patients]
    base: str

    def people(self) -> People:
        """The test persons of the sets."""
        stores = [session.fresh.store for session in self.watch.sessions]
        patients = {stored.id: stored.resource for store in stores for stored in store.all("Patient")}
        tokens = {token: ids_of(patient)[0] for token, patient in self.tokens.items()}
        return People(tuple(patients.values()), tokens)

    def tokens_to_use(self) -> list[tuple[str, str]]:
        """``(patient, Authorization value)`` of each token that a script waits for, by patient."""
        awaited = {
            header(session.current.need.request.headers, "authorization")
            for session in self.watch.sessions
            if session.current.need is not None
        }
        return sorted(
            (", ".join(ids_of(patient)), token) for token, patient in self.tokens.items() if token in awaited
        )


def prepare(paths: Sequence[Path], plan: Plan, base: str) -> Mock:
    """Load the client scripts of folders and their fixtures into one mock.

    :raises HarnessError: when there is no script for a client.
    """
    servers = OwnServers(plan.t, plan.now, base)
    sessions: list[Session] = []
    problems: list[ScriptResult] = []
    tokens: dict[str, Patients] = {}
    used: dict[int, OwnServer] = {}
    without_tokens = False
    for item in collect(paths, plan):
        try:
            script = item.loaded()
            if script.side != "client":
                continue
            loaded = servers.for_script(script)
            settings = plan.settings(script, base, base, loaded.server.model)
        except HarnessError as error:
            problems.append(problem_result(item, error))
            continue
        used[id(loaded)] = loaded
        known = loaded.tokens_for(script)
        tokens.update({plan.tokens.get(token, token): patient for token, patient in known.items()})
        fresh = loaded.for_script(script, plan.tokens)
        without_tokens = without_tokens or fresh.authorize is open_access
        notes = (*loaded.problems[:5], *bind_inputs(script, loaded, base, settings.overrides))
        sessions.append(Session(script, settings, fresh, item.file, plan.requirements(script), notes))
    if not used:
        raise ConfigurationError(
            Text(
                nl="in deze mappen staan geen scripts voor een client (PGO)",
                en="these folders hold no scripts for a client (PGO)",
            ),
            where=", ".join(map(str, paths)),
            expected="PHR-Client, Retrieving-PHR, Sending-PHR",
        )
    access = by_token(tokens)
    fallback = _merged([loaded.server for loaded in used.values()])
    fallback.authorize = lenient(access) if without_tokens else access
    return Mock(ClientWatch(sessions, fallback, base), problems, tokens, base)


def _merged(servers: Sequence[FhirServer]) -> FhirServer:
    """A server with the resources of all: answers traffic that no script waits for."""
    merged = servers[0].fork()
    for other in servers[1:]:
        for stored in other.store:
            if merged.store.find(stored.key) is None:
                merged.store.put(stored.resource)
    return merged
