"""Live parties: known only by a network file, in other processes or as bare FHIR servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from runfolders import recorded

from harness.core.clock import SystemClock
from harness.core.errors import ConfigurationError
from harness.core.run.exchanges import Request, header
from harness.core.run.findings import Cell
from harness.core.run.folder import RunFolder
from harness.network.file import Participant, read_network
from harness.network.person import login
from harness.network.running import RunningNetwork, start
from harness.network.twins.his import HisTwin
from harness.network.wire.serving import HandlerApp, Hosting, Incoming, Outgoing

T = date(2026, 3, 1)
CELL = Cell(his="his-x", dvza="dvza-x", pgo="pgo-x", standard="huisartsgegevens-2.0", release="mm-2.2")
NETWORK = """
persons:
  - {{id: hanna-wilgenkamp, token: {{env: TEST_PERSON_TOKEN}}}}
participants:
  - id: his-x
    role: his
    kind: live
    standards: [huisartsgegevens-2.0]
    dvza: dvza-x
    fhir: {fhir}
    {extra}
  - {{id: dvza-x, role: dvza, kind: twin, standards: [huisartsgegevens-2.0]}}
  - {{id: pgo-x, role: pgo, kind: twin, standards: [huisartsgegevens-2.0]}}
"""


class BareHis:
    """A FHIR server without OAuth that expects the patient in a header or query parameter."""

    def __init__(self) -> None:
        participant = Participant(id="his", role="his", kind="twin", standards=("huisartsgegevens-2.0",))
        self.twin = HisTwin(participant, t=T, clock=SystemClock())
        self.seen: list[Incoming] = []
        self.base = ""

    async def handle(self, request: Incoming) -> Outgoing:
        self.seen.append(request)
        base = request.url.partition("/fhir")[0] + "/fhir"
        url, patient = request.url, header(request.headers, "X-Patient")
        for name in ("hisPatient", "patient", "_id"):
            if f"{name}=" in url:
                patient = url.partition(f"{name}=")[2].partition("&")[0]
        if "hisPatient=" in url:
            url = url.partition("hisPatient=")[0].rstrip("?&")
        if "_id=" in url and "Patient?" in url:
            url = url.replace(f"&_id={patient}", "").replace(f"?_id={patient}", "")
        if not patient and not url.endswith("/metadata"):
            return Outgoing(status=400)
        inner = Request(method=request.method, url=url, headers=request.headers, body=request.body)
        response = self.twin.handle(inner, patient or None, base)
        return Outgoing(status=response.status, headers=response.headers, body=response.body)


@pytest.fixture
def bare() -> Iterator[tuple[BareHis, str]]:
    hosting, his = Hosting(), BareHis()
    port = hosting.listen(HandlerApp(his.handle), None)
    yield his, f"http://127.0.0.1:{port}/fhir"
    hosting.close()


@pytest.mark.parametrize(
    "extra",
    [
        "patient: header X-Patient",
        "patient: query hisPatient",
        "patient: id-map\n    id_map: {hanna-wilgenkamp: hanna-wilgenkamp}",
        "patient: header X-Patient\n    auth: bearer\n    credential: {env: TEST_HIS_SECRET}",
        "patient: header X-Patient\n    auth: header\n    auth_header: X-Key\n"
        "    credential: {env: TEST_HIS_SECRET}",
    ],
)
def test_bare_fhir_server_behind_our_dvza(
    tmp_path: Path, bare: tuple[BareHis, str], extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    his, url = bare
    monkeypatch.setenv("TEST_HIS_SECRET", "geheim-van-de-his-123456")
    path = tmp_path / "network.yaml"
    path.write_text(NETWORK.format(fhir=url, extra=extra), encoding="utf-8")
    with start(read_network(path), t=T) as running:
        running.drive(CELL, "collect")
        done = running.recorder.exchanges(CELL.key)
        upstream = [item for item in done if item.flow == "upstream"]
        assert running.recorder.exchanges("") == []
    assert {item.client for item in upstream} == {"dvza-x"} and len(upstream) >= 14
    answers = {item.operation: item for item in done if item.operation.startswith("hg-")}
    assert len(answers) == 14
    for item in answers.values():
        assert item.response is not None and item.response.status == 200, item.operation
        assert url.encode() not in item.response.body
        assert b"hisPatient" not in item.response.body
    patient = answers["hg-patient-json"].response
    assert patient is not None
    assert json.loads(patient.body)["link"][0]["url"].startswith(
        "https://mtls.dvza-x.example/mm22/his-x/49/fhir/"
    )
    text = repr(done) + repr(upstream)
    assert "geheim-van-de-his" not in text
    if "auth: bearer" in extra:
        assert header(his.seen[-1].headers, "authorization") == "Bearer geheim-van-de-his-123456"
    if "auth_header" in extra:
        assert header(his.seen[-1].headers, "X-Key") == "geheim-van-de-his-123456"
    assert all(header(item.headers, "cookie") is None for item in his.seen)


def test_unreachable_his_is_recorded_not_raised(tmp_path: Path) -> None:
    path = tmp_path / "network.yaml"
    extra = "patient: header X-Patient"
    path.write_text(NETWORK.format(fhir="http://127.0.0.1:9/fhir", extra=extra), encoding="utf-8")
    with start(read_network(path), t=T) as running:
        running.drive(CELL, "collect")
        statuses = {
            i.response.status
            for i in running.recorder.exchanges(CELL.key)
            if i.operation.startswith("hg-") and i.response
        }
    assert statuses == {502}


def test_a_status_that_http_does_not_have_is_not_passed_on(tmp_path: Path) -> None:
    """Our DVZA would break off; what the HIS said stands in the recording."""

    class Odd(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(999)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    path = tmp_path / "network.yaml"
    with ThreadingHTTPServer(("127.0.0.1", 0), Odd) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/fhir"
        path.write_text(NETWORK.format(fhir=url, extra="patient: header X-Patient"), encoding="utf-8")
        with start(read_network(path), t=T) as running:
            running.drive(CELL, "collect")
            done = [item for item in running.recorder.exchanges(CELL.key) if item.response is not None]
        server.shutdown()
    assert {i.response.status for i in done if i.operation.startswith("hg-") and i.response} == {502}
    assert {i.response.status for i in done if i.flow == "upstream" and i.response} == {999}


RECIPE = """
name: Vreemde DVZA
steps:
  - page: landing
    match: {text: welkom bij}
    press: {label: Doorgaan}
  - page: login
    match: {title: Aanmelden, url: /aanmelden}
    fill: {gebruiker: "{user}", wachtwoord: "{password}", soort: burger}
    press: {label: Log in}
  - page: consent
    match: {text: toestemming}
    check: {lang: "{long_term}"}
    press: {yes: {label: Ja}, no: {keuze: nee}}
"""
PAGES = {
    "/start": "<title>Start</title><p>Welkom bij ons</p><form action='/verder' method='post'>"
    "<input type=hidden name=csrf value=abc><button>Stop</button>"
    "<button name=stap value=1>Doorgaan</button></form>",
    "/aanmelden": "<title>Aanmelden</title><form method='post' action='/in'><input name=gebruiker>"
    "<input type=password name=wachtwoord><select name=soort><option value=zorg selected>Zorg"
    "<option value=burger>Burger</select><input type=submit value='Log in'></form>",
    "/toestemming": "<title>Vraag</title><p>Geeft u toestemming?</p><form method='get' action='/klaar'>"
    "<input type=checkbox name=lang value=ja><button name=keuze value=ja>Ja</button>"
    "<button name=keuze value=nee>Nee</button></form>",
}


def test_recipe_walks_foreign_pages(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    recipe = login.load_recipe(path)
    values = {"user": "jan", "password": "geheim&1", "long_term": "yes"}

    def act(place: str, answers: dict[str, str]) -> login.Submission:
        url = f"https://dva.example{place}"
        page = login.pages.parse(f"<html><body>{PAGES[place]}</body></html>".encode(), url)
        assert page is not None
        step = login.submission(recipe, page, url, values, answers)
        assert step is not None
        return step

    landing = act("/start", {})
    assert (landing.method, landing.url, landing.body) == (
        "POST",
        "https://dva.example/verder",
        b"csrf=abc&stap=1",
    )
    entry = act("/aanmelden", {})
    assert entry.body == b"gebruiker=jan&wachtwoord=geheim%261&soort=burger"
    assert act("/toestemming", {"consent": "yes"}).url == "https://dva.example/klaar?lang=ja&keuze=ja"
    assert act("/toestemming", {"consent": "no"}).url == "https://dva.example/klaar?lang=ja&keuze=nee"


@pytest.mark.parametrize(
    "text", ["steps: []", "steps: [{page: welkom}]", "steps: [{page: login, pres: {}}]", "x: 1"]
)
def test_wrong_recipe(tmp_path: Path, text: str) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError):
        login.load_recipe(path)


STATED = """
trust: [trust-front.pem, trust-back.pem]
connect: {{{connect}}}
persons: [{{id: hanna-wilgenkamp, token: {{env: TEST_PERSON_TOKEN}}}}]
participants:
  - id: his-x
    role: his
    kind: live
    standards: [huisartsgegevens-2.0]
    dvza: dvza-x
    provider: huisarts.wilgenhof
  - id: dvza-x
    role: dvza
    kind: live
    standards: [huisartsgegevens-2.0]
    {front}
    resource: {{"49": "https://mtls.dvza-eik.example:{back}/mm22/his-eik/49/fhir"}}
  - id: pgo-x
    role: pgo
    kind: twin
    standards: [huisartsgegevens-2.0]
    host: pgo.zonnewijzer.example
    certificate: {certificate}
    key: {key}
"""


def test_live_dvza_by_stated_endpoints_with_ports(
    tmp_path: Path, running: RunningNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No lists: the network file states the endpoints, ports included; once with login, once with a token."""
    ports = {
        host: running.hosts.connect.resolve(host, 443)[1]
        for host in ("inlog.dvza-eik.example", "mtls.dvza-eik.example")
    }
    certificate, key = running.pki.client("pgo.zonnewijzer.example").write(tmp_path)
    for channel in ("front", "back"):
        (tmp_path / f"trust-{channel}.pem").write_bytes(running.pki.trust(channel))  # type: ignore[arg-type]
    values = {
        "connect": ", ".join(f'"{host}:{port}": "127.0.0.1:{port}"' for host, port in ports.items()),
        "back": ports["mtls.dvza-eik.example"],
        "certificate": certificate.name,
        "key": key.name,
    }
    urls = (
        f"authorize: https://inlog.dvza-eik.example:{ports['inlog.dvza-eik.example']}/mm22/authorize\n"
        f"    token: https://mtls.dvza-eik.example:{ports['mtls.dvza-eik.example']}/mm22/token"
    )
    path = tmp_path / "network.yaml"
    path.write_text(STATED.format(front=urls, **values), encoding="utf-8")
    with start(read_network(path), t=T) as network:
        network.drive(CELL, "collect")
        done = network.recorder.exchanges(CELL.key)
        assert [item.response.status for item in done if item.response][-1] == 200
        assert done[-1].operation == "hg-allergy-xml"
        monkeypatch.setenv("TEST_PERSON_TOKEN", network.authorized(CELL, "collect").values["token"])
    path.write_text(STATED.format(front="login: tokens", **values), encoding="utf-8")
    with start(read_network(path), t=T) as network:
        network.drive(CELL, "collect")
        done = network.recorder.exchanges(CELL.key)
        assert not [item for item in done if item.interface in ("authorization", "token")]
        assert done[-1].operation == "hg-allergy-xml"
        assert done[-1].response is not None and done[-1].response.status == 200
    monkeypatch.delenv("TEST_PERSON_TOKEN")
    with start(read_network(path), t=T) as network, pytest.raises(ConfigurationError):
        network.drive(CELL, "collect")


@pytest.mark.slow
def test_served_network_in_another_process(tmp_path: Path) -> None:
    """``harness serve`` in one process; here only its network file: full flow, recorded and judged there."""
    out = tmp_path / "served"
    words = [sys.executable, "-m", "harness", "serve", "--json", "--listen", "127.0.0.1:0", "--out", str(out)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=tmp_path
    ) as server:
        try:
            assert server.stdout is not None
            document = json.loads(server.stdout.readline())
            assert "BEGIN" not in json.dumps(document)
            network = read_network(document["network_file"])
            cell = Cell(
                his="his-eik",
                dvza="dvza-eik",
                pgo="pgo-zon",
                standard="huisartsgegevens-2.0",
                release="mm-2.2",
            )
            with start(network) as running:
                running.drive(cell, "collect")
                done = running.recorder.exchanges(cell.key)
            assert [item.response.status for item in done if item.response][-1] == 200
            assert len(done) == 24
            time.sleep(0.3)
        finally:
            server.terminate()
            server.wait(30)
    folder = RunFolder.open(out)
    seen = recorded(out, cell.key)
    assert folder.finished
    operations = [item.operation for item in seen]
    assert operations.count("hg-patient-json") == 1
    assert {"list-zal", "authorize", "landing", "login", "consent", "token-code"} <= set(operations)
    resource = next(item for item in seen if item.operation == "hg-patient-json")
    assert resource.tls is not None and resource.tls.client is not None
    assert resource.tls.client.dns_names == ("pgo.zonnewijzer.example",)
    failed = [item.requirement for item in folder.findings() if item.verdict.value == "fail"]
    assert not failed
    keys = list((out / "handout").glob("*.key"))
    assert keys and all(key.stat().st_mode & 0o077 == 0 for key in keys)
