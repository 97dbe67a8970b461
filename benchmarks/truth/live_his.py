"""A live HIS for benches: a vendor's server on loopback, behind our DVZA, driven by our PGO and judged.

The server is the strict twin; what a vendor does otherwise is a function that is handed in and changes its answers, or
answers itself.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec

from harness.core.clock import VirtualClock
from harness.core.run.exchanges import Exchange, Request, Response
from harness.core.run.findings import Cell, Finding
from harness.core.run.info import ParticipantVersion, Settings
from harness.core.yamlfile import load_yaml
from harness.judge.catalogue import load_catalogue
from harness.judge.judging import judge_requirements
from harness.judge.view import CellView
from harness.network.file import Network, Participant, read_network
from harness.network.file.model import NetworkPerson
from harness.network.person.persons import FixturePerson, fixture_persons
from harness.network.running import start
from harness.network.twins.his import HisTwin
from harness.reference.records import Records

DAY = date(2026, 11, 27)
NOW = datetime(2026, 11, 27, 11, 0, tzinfo=UTC)
HEADER = "X-Patient-Id"

Answer = Callable[[Request, str], Response]
"""What a server answers to a request for a patient."""
Behaviour = Callable[[Request, str, Answer], Response]
"""How a vendor's server differs: ``(request, patient, the strict server) -> response``."""


def strict(request: Request, patient: str, answer: Answer) -> Response:
    """As the strict server."""
    return answer(request, patient)


def person_of_folder(folder: Path) -> FixturePerson:
    """The person of an imported record, as a twin holds one."""
    data = load_yaml(folder / "record.yaml").data
    return FixturePerson(
        id=str(data["person"]),
        display=str(data.get("display", data["person"])),
        bsn="",
        birth="",
        patient=str(data["patient"]).removeprefix("Patient/"),
        treatment_relation=True,
        data_available=True,
        folder=folder,
        withheld=frozenset(str(item["ref"]) for item in data.get("withheld", ())),
    )


@dataclass
class LiveHis:
    """A running server.

    :ivar behaviour: may be changed between runs.
    """

    port: int
    behaviour: Behaviour = strict


@contextmanager
def served(persons: Sequence[FixturePerson] | None = None, t: date = DAY) -> Iterator[LiveHis]:
    """A server with these persons; default: ours."""
    parties = Participant(id="binnen", role="his", kind="twin", behaviour="xml-includes")
    twin = HisTwin(parties, t=t, clock=VirtualClock(NOW), persons=persons)
    his = LiveHis(0)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Says nothing."""

        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            base = f"http://127.0.0.1:{his.port}/fhir"
            request = Request(
                method=self.command,
                url=f"http://127.0.0.1:{his.port}{self.path}",
                headers=tuple(self.headers.items()),
                body=self.rfile.read(size),
            )
            patient = self.headers.get(HEADER) or ""

            def answer(asked: Request, whose: str) -> Response:
                return twin.handle(asked, whose or None, base, scratch="live" if asked.body else "")

            response = his.behaviour(request, patient, answer)
            self.send_response(response.status)
            for name, value in response.headers:
                if name.lower() not in ("content-length", "connection", "date", "server"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

        do_POST = do_PUT = do_HEAD = do_GET

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    his.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield his
    finally:
        server.shutdown()
        server.server_close()


def network_of(his: LiveHis, standard: str, persons: Sequence[NetworkPerson], base: Path) -> Network:
    """This HIS behind our DVZA, and our PGO. The first person is the one of the cell.

    :param base: where the network file is written.
    """
    declared = [{key: value for key, value in msgspec.to_builtins(one).items() if value} for one in persons]
    both = {"kind": "twin", "standards": [standard], "releases": ["mm-2.2"]}
    parties = [
        {
            **both, "id": "his", "role": "his", "kind": "live", "dvza": "dvza", "auth": "none",
            "vendor": "Buiten", "product": "Buiten HIS", "version": "1",
            "fhir": f"http://127.0.0.1:{his.port}/fhir", "patient": f"header {HEADER}",
            "id_map": {one.id: one.patients[0] for one in persons}, "person": {standard: persons[0].id},
        },
        {**both, "id": "dvza", "role": "dvza"},
        {**both, "id": "pgo", "role": "pgo"},
    ]  # fmt: skip
    file = base / "network.yaml"
    file.write_text(json.dumps({"name": "live", "persons": declared, "participants": parties}))
    return read_network(file)


def own_person(name: str) -> NetworkPerson:
    """One of our persons as a network file declares it."""
    known = next(item for item in fixture_persons() if item.id == name)
    return NetworkPerson(id=name, name=known.display, bsn=known.bsn, patients=(known.patient,),
                         birth_date=known.birth_date(DAY).isoformat())  # fmt: skip


def driven(
    network: Network, standard: str, records: Records, flows: Sequence[str] = ("collect",)
) -> list[Finding]:
    """Drive a cell, and what the judges say of its HIS in this standard."""
    cell = Cell(his="his", dvza="dvza", pgo="pgo", standard=standard, release="mm-2.2")
    with start(network, t=DAY) as running:
        for flow in flows:
            running.drive(cell, flow)
        exchanges: list[Exchange] = running.recorder.exchanges(cell.key)
    catalogue = load_catalogue()
    kinds = {"his": "live", "dvza": "twin", "pgo": "twin"}
    view = CellView(
        cell,
        exchanges,
        catalogue,
        t=DAY,
        now=NOW,
        records=records,
        participants={
            name: ParticipantVersion(id=name, role=name, kind=kind) for name, kind in kinds.items()
        },
        settings=Settings(persons={cell.key: network.persons[0].id}),
    )
    ids = [
        item.id
        for item in catalogue.of_cell(standard, "mm-2.2")
        if item.standard and item.role == "his" and item.decidable and not item.left_out("normal")
    ]
    return judge_requirements(view, ids)
