"""OPEN-ICT-54: a sample decides it, together with whoever reviews what no sample shows."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest
from samplekit import DAY, sampled

from harness.cli import run
from harness.core.algebra import State
from harness.core.run.agreed.attestations import Attestation, Review, attest, attestations, save
from harness.core.run.agreed.sampling import measure
from harness.core.run.problems import EvidenceError, ProblemKind
from harness.judge.catalogue import load_catalogue
from harness.network.file import read_network
from harness.network.probes.availability import ask, places
from harness.report.programme.basiseisen import basiseis_rows

WHEN = date(2026, 3, 3)
OK = Review(by="B. Bureau", at=WHEN, accepted=True)
ID = "OPEN-ICT-54"


def row(*told):
    rows = basiseis_rows([], load_catalogue(), told, WHEN)
    return next(item for item in rows if item.basiseis.id == ID)


def stated(data: bytes | None, **more) -> Attestation:
    fields = {"item": ID, "result": "met", "by": "V. Vendor", "at": WHEN, **more}
    return Attestation(**fields, measured=measure(data, "x") if data is not None else None)


WHOLE, HOLES = sampled(DAY), sampled(DAY, down=(30,))


@pytest.mark.parametrize(
    ("told", "state", "words"),
    [
        ([], State.NOT_TESTED, "no sample yet"),
        ([stated(None, review=OK)], State.NOT_TESTED, "no sample of harness availability"),
        ([stated(sampled(range(0, 120, 15)), review=OK)], State.NOT_TESTED, "over all hours"),
        ([stated(sampled(DAY, down=DAY), review=OK)], State.NOT_MET, "0 of 96"),
        ([stated(WHOLE)], State.NOT_TESTED, "nobody has reviewed"),
        ([stated(WHOLE, review=msgspec.structs.replace(OK, accepted=False))], State.NOT_TESTED, "reviewed"),
        ([stated(HOLES)], State.UNDECIDED, "95 of 96"),
        ([stated(HOLES, review=OK)], State.MET, "95 of 96"),
        ([stated(WHOLE, review=OK)], State.MET, "a sample is no monitoring"),
        ([stated(WHOLE, result="not-met")], State.NOT_MET, "stated by"),
        ([stated(WHOLE, review=OK, until=date(2026, 3, 2))], State.NOT_TESTED, "expired"),
    ],
)
def test_what_a_sample_makes_of_it(told, state, words):
    found = row(*told)
    assert found.state is state and words in found.reason.en, found.reason


def test_another_class_a_is_still_decided_by_tests_alone(tmp_path, capsys):
    assert run(["attest", str(tmp_path), "OPEN-ICT-01", "--by", "V. Vendor"]) == 2
    (tmp_path / "sample.jsonl").write_bytes(WHOLE)
    words = [ID, "--by", "V. Vendor", "--file", str(tmp_path / "sample.jsonl")]
    assert run(["attest", str(tmp_path / "run"), *words]) == 0
    (placed,) = attestations(tmp_path / "run")
    assert placed.attestation.measured == measure(WHOLE, "x")
    capsys.readouterr()


@pytest.mark.parametrize("harm", ["number", "file", "none", "early"])
def test_a_statement_says_what_its_sample_says(tmp_path: Path, harm):
    (tmp_path / "sample.jsonl").write_bytes(HOLES)
    folder = attest(
        tmp_path / "run", Attestation(item=ID, result="met", by="V", at=WHEN), tmp_path / "sample.jsonl"
    )
    (placed,) = attestations(tmp_path / "run")
    told = placed.attestation
    assert told.measured is not None
    if harm == "number":
        save(
            folder,
            msgspec.structs.replace(told, measured=msgspec.structs.replace(told.measured, answered=96)),
        )
    elif harm == "file":
        (folder / "proof.txt").write_bytes(WHOLE)
    elif harm == "none":
        save(folder, msgspec.structs.replace(told, proof=None))
    else:
        save(folder, msgspec.structs.replace(told, at=date(2026, 2, 28)))
    with pytest.raises(EvidenceError) as caught:
        attestations(tmp_path / "run")
    assert caught.value.problem.kind is (ProblemKind.CHANGED if harm == "file" else ProblemKind.RESULT)


class Server(ThreadingHTTPServer):
    """A live HIS of which nothing but its CapabilityStatement is asked."""

    def __init__(self) -> None:
        self.status = 200
        self.asked: list[str] = []
        self.now = datetime(2026, 3, 1, tzinfo=UTC)
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/fhir"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(f"GET {self.path}")
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is told."""


@pytest.fixture
def here_server():
    server = Server()
    yield server
    server.close()


NETWORK = """
participants:
  - {id: dvza-ons, role: dvza, kind: twin}
  - {id: pgo-ons, role: pgo, kind: twin}
  - {id: his-kaal, role: his, kind: live, product: Kaal HIS, version: "1.0", dvza: dvza-ons, fhir: "URL", auth: none,
     patient: header X-Patient}
"""


def test_a_live_party_is_asked_lightly(tmp_path, here_server):
    path = tmp_path / "network.yaml"
    path.write_text(NETWORK.replace("URL", here_server.url))
    network = read_network(str(path))
    (place,) = places(network)
    assert (place.target.party, place.target.version) == ("his-kaal", "Kaal HIS 1.0")
    sample = ask(network, place, 0, here_server.now)
    assert sample.answered and sample.status == 200 and here_server.asked == ["GET /fhir/metadata"]
    here_server.status = 503
    assert not ask(network, place, 0, here_server.now).answered
    here_server.close()
    gone = ask(network, place, 0, here_server.now)
    assert not gone.answered and gone.status == 0 and gone.error
    code = run(["availability", "--network", "demo", "-o", str(tmp_path / "s"), "--lang", "en"])
    assert code == 2 and not (tmp_path / "s").exists(), "nobody is live there"


def test_a_sample_goes_on_where_it_was_and_never_as_another_one(tmp_path, here_server, monkeypatch, capsys):
    path, out = tmp_path / "network.yaml", tmp_path / "sample.jsonl"
    path.write_text(NETWORK.replace("URL", here_server.url))
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    words = ["availability", "--network", str(path), "-o", str(out), "--for", "20", "--lang", "en"]
    assert run([*words, "--every", "30"]) == 0
    assert "1 of 1 questions answered" in capsys.readouterr().out
    out.write_bytes(out.read_bytes() + b'{"at":"2026')
    assert run([*words, "--every", "30", "--json"]) == 0
    assert measure(out.read_bytes(), "x").samples == 2
    assert run([*words, "--every", "40"]) == 2
    here_server.status = 500
    assert run([*words, "--every", "30"]) == 6
