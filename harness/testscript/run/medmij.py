"""A DVZA of a network file as the server under test: tokens come through the MedMij flow.

For each test person of the scripts our PGO walks the flow (lists, authorization with login and consent,
token) and the scripts' requests then go to the resource endpoint with that access token, over the same
connections and through the same recorder as any other flow. Which login belongs to an official test person
is said by the network file: a person with that Patient id among its ``patients``. Without one the DVZA's
own test person is used, which is noted in the result.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.core.clock import SystemClock
from harness.core.errors import ConfigurationError, HarnessError, UsageError, nearest
from harness.core.run.exchanges import Request, Response, failure
from harness.core.run.findings import Cell
from harness.core.standards.table import standards
from harness.core.text import Text
from harness.core.verdicts import Blame
from harness.fhir.model.types import load_model
from harness.judge.phrases import NO_RESPONSE
from harness.network.drive.queries import resource_base
from harness.network.drive.session import FlowSession
from harness.network.file import Network, Participant, read_network
from harness.network.running import RunningNetwork, start
from harness.testscript.execute.execution import Execution, drive
from harness.testscript.execute.need import Performed
from harness.testscript.execute.transport import Transport, in_process
from harness.testscript.outcome.results import ScriptResult
from harness.testscript.own.server import OwnServers, lenient
from harness.testscript.plan.items import Item, problem_result
from harness.testscript.plan.plan import Plan
from harness.testscript.read.model import TestScript
from harness.testscript.read.sets import goal_folder
from harness.testscript.read.tokens import find_token_map, read_token_map, stated_patients, tokens_in


def standard_of(script: TestScript) -> str:
    """Id of our standard that a script's set belongs to.

    :raises ConfigurationError: a set of another standard.
    """
    sets = {name.lower(): item.id for item in standards().values() for name in item.official}
    for part in script.path.resolve().parts:
        found = next((known for name, known in sets.items() if part.lower().startswith(name)), "")
        if found:
            return found
    raise ConfigurationError(
        Text(
            nl="deze set hoort bij een standaard die het netwerk niet kent",
            en="this set belongs to a standard that the network does not know",
        ),
        where=str(script.path),
        expected=", ".join(standards()),
    )


@dataclass
class Access:
    """Sessions of one DVZA, by test person, standard and function."""

    running: RunningNetwork
    network: Network
    his: Participant
    dvza: Participant
    pgo: Participant
    sessions: dict[tuple[str, str, str], FlowSession] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def cell(self, standard: str) -> Cell:
        """The cell that the scripts of a standard run in."""
        release = next(
            (name for name in self.dvza.releases if name in self.pgo.releases), self.dvza.releases[0]
        )
        return Cell(his=self.his.id, dvza=self.dvza.id, pgo=self.pgo.id, standard=standard, release=release)

    def person_for(self, patient: str, standard: str) -> tuple[str, str]:
        """Test person of the network for an official Patient id, and a note when it is another person."""
        for person in self.network.persons:
            if patient in person.patients or person.id == patient:
                return person.id, ""
        own = self.network.person_of(self.cell(standard))
        return own, f"no person of the network file has patient {patient}; used {own or 'nobody'}"

    def session(self, person: str, standard: str, function: str) -> FlowSession:
        """A session with a valid access token.

        :raises ConfigurationError: when the flow did not end in a token.
        """
        key = (person, standard, function)
        with self.lock:
            found = self.sessions.get(key)
            if found is None or found.token_expired():
                found = self.running.authorized(
                    self.cell(standard), "share" if function == "share" else "collect", person
                )
                self.sessions[key] = found
            if not found.values.get("token"):
                del self.sessions[key]
                raise ConfigurationError(
                    Text(
                        nl=f"de MedMij-flow voor {person or 'de testpersoon'} leverde geen toegangsbewijs op",
                        en=f"the MedMij flow for {person or 'the test person'} gave no access token",
                    ),
                    where=f"{self.network.path}: {self.dvza.id}",
                    received=found.last.error
                    or str(found.last.response.status if found.last.response else "")
                    if found.last
                    else "",
                    next_step=Text(
                        nl="controleer het netwerk met `harness doctor --network`",
                        en="check the network with `harness doctor --network`",
                    ),
                )
            return found

    def send(self, session: FlowSession, request: Request, operation: str) -> Performed:
        """One request of a script, through the connections and the recorder of the flow."""
        with self.lock:
            answer = session.send(
                session.pgo.back("own"),
                request.method,
                request.url,
                request.headers,
                request.body,
                interface="resource",
                operation=operation,
                person=session.person,
                timeout=65.0,
            )
        if not answer.status:
            kind = answer.error.split(":", 1)[0]
            blame = Blame.CONFIGURATION if kind == "connect" else Blame.PRODUCT
            return Performed(
                request, error=failure(answer.error) or NO_RESPONSE, blame=blame, duration=answer.duration
            )
        response = Response(status=answer.status, headers=tuple(answer.headers), body=answer.body)
        return Performed(request, response, duration=answer.duration)


def choose_dvza(network: Network, wanted: str | None) -> Participant:
    """The DVZA to test: the one named, or the only one.

    :raises UsageError: not named among several, or unknown.
    """
    known = network.of_role("dvza")
    ids = [item.id for item in known]
    if wanted is None and len(known) == 1:
        return known[0]
    found = next((item for item in known if item.id == wanted), None)
    if found is None:
        raise UsageError(
            Text(nl="kies een DVZA uit het netwerkbestand", en="choose a DVZA of the network file"),
            where="--dvza",
            expected=", ".join(ids),
            received=wanted or "-",
            next_step=nearest(wanted or "", ids),
        )
    return found


@contextmanager
def through_network(
    path: Path, dvza: str | None, plan: Plan, servers: OwnServers
) -> Iterator[Callable[[Item], ScriptResult]]:
    """A runner of scripts against a DVZA that a network file describes.

    :raises ConfigurationError: the network cannot be started.
    :raises UsageError: see :func:`choose_dvza`.
    """
    network = read_network(path)
    chosen = choose_dvza(network, dvza)
    behind = network.behind(chosen.id)
    pgos = [item for item in network.of_role("pgo") if item.kind == "twin"]
    if not behind or not pgos:
        raise ConfigurationError(
            Text(
                nl="het netwerk heeft geen HIS achter deze DVZA, of geen eigen PGO",
                en="the network has no HIS behind this DVZA, or no PGO of ours",
            ),
            where=str(path),
            received=chosen.id,
        )
    with start(network, clock=SystemClock(), t=plan.t) as running:
        access = Access(running, network, behind[0], chosen, pgos[0])
        yield lambda item: _run(item, plan, access, servers)


def _official(script: TestScript) -> dict[str, str]:
    """Patient id by official Authorization value, for a script's set."""
    file = find_token_map(goal_folder(script.path))
    mapped = {person.token: person.patient for person in read_token_map(file)} if file else {}
    return {**mapped, **{token: several[-1] for token, several in stated_patients([script]).items()}}


def _run(item: Item, plan: Plan, access: Access, servers: OwnServers) -> ScriptResult:
    notes: dict[str, None] = {}
    try:
        script = item.loaded()
        standard = standard_of(script)
        official = _official(script)
        function = "share" if script.writes and standards()[standard].share is not None else "collect"
        sessions: dict[str, FlowSession] = {}
        for token in sorted(tokens_in(script)):
            person, note = access.person_for(official.get(token, ""), standard)
            if note:
                notes[note] = None
            sessions[token] = access.session(person, standard, function)
        main = next(iter(sessions.values()), None) or access.session(
            access.person_for("", standard)[0], standard, function
        )
        tokens = {token: f"Bearer {session.values['token']}" for token, session in sessions.items()}
        own = replace(plan, tokens={**plan.tokens, **tokens})
        base = resource_base(main).rstrip("/")
        settings = own.settings(script, base, servers.base, load_model(script.info.fhir_version))
        settings.keep_steps = True
        loaded = servers.for_script(script) if any(map(script.by_harness, script.operations())) else None
    except HarnessError as error:
        return problem_result(item, error)

    def send(request: Request) -> Performed:
        value = next((text for name, text in request.headers if name.lower() == "authorization"), "")
        session = next((s for s in sessions.values() if value == f"Bearer {s.values['token']}"), main)
        return access.send(session, request, script.id)

    execution = Execution(script, settings, notes=tuple(notes))
    transports: dict[str, Transport] = {"server": send}
    if loaded is not None:
        server = loaded.for_script(script, own.tokens)
        transports["own"] = in_process(server.fork(authorize=lenient(server.authorize)).handle)
    drive(execution, transports)
    return execution.result(file=item.file, requirements=plan.requirements(script))
