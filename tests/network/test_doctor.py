"""The doctor puts each problem on the right side, over real sockets and real TLS."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from msgspec import structs

from harness.core.text import Text
from harness.core.verdicts import Blame
from harness.medmij import lists
from harness.medmij.releases import release
from harness.network.doctor import connection, examine
from harness.network.doctor.connection import Endpoint, Refused, Reply, _exchange
from harness.network.doctor.diagnosis import problem
from harness.network.doctor.examination import _bad_list
from harness.network.file import Network, read_network
from harness.pki.authority import Identity, TestPki
from harness.pki.contexts import server_context
from harness.report.doctor import alike, diagnosis_block

NOW = datetime.now(UTC)
STU3 = json.dumps({"resourceType": "CapabilityStatement", "fhirVersion": "3.0.2"}).encode()
R4 = json.dumps({"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"}).encode()


@pytest.fixture(scope="module")
def pki():
    return TestPki(NOW)


def searchset(*resources):
    entries = [{"resource": item} for item in resources]
    return json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": entries}).encode()


def patient(**elements):
    return {"resourceType": "Patient", "id": "iemand", **elements}


def held(path, headers):
    """A HIS that holds one person, about whom nothing else can be compared."""
    return 200, searchset(patient()) if "/Patient" in path else searchset()


class Server:
    """A FHIR-like server on a free port, with TLS."""

    def __init__(
        self,
        identity,
        body=STU3,
        kind="application/fhir+json",
        date=None,
        status=200,
        tls=True,
        data=None,
    ):
        metadata, metadata_status = body, status
        self.asked = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append((self.path, dict(self.headers)))
                body, status = metadata, metadata_status
                if not self.path.endswith("/metadata"):
                    status, body = (data or held)(self.path, self.headers)
                self.send_response_only(status)
                if date:
                    self.send_header("Date", date)
                else:
                    self.send_header("Date", self.date_time_string())
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls:
            self.http.socket = server_context(identity).wrap_socket(self.http.socket, server_side=True)
        self.port = self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.http.shutdown()
        self.http.server_close()


def network(
    folder: Path, pki: TestPki, port: int, his: dict | None = None, pgo: dict | None = None, **top
) -> Network:
    """A network file with a live HIS behind our DVZA; keyword arguments override its parts."""
    (folder / "root.pem").write_bytes(pki.trust())
    data = {
        "name": "test",
        "trust": ["root.pem"],
        "connect": {"his.test.example:443": f"127.0.0.1:{port}"},
        "persons": [{"id": "iemand", "name": "Iemand", "patients": ["iemand"]}],
        "participants": [
            {
                "id": "his-x",
                "role": "his",
                "kind": "live",
                "standards": ["huisartsgegevens-2.0"],
                "dvza": "dvza-x",
                "fhir": "https://his.test.example/fhir",
                "auth": "none",
                "patient": "header X-Patient",
                **(his or {}),
            },
            {"id": "dvza-x", "role": "dvza", "kind": "twin", "standards": ["huisartsgegevens-2.0"]},
            {
                "id": "pgo-x",
                "role": "pgo",
                "kind": "twin",
                "standards": ["huisartsgegevens-2.0"],
                "client_id": "pgo.test.example",
                "redirect_uri": "https://pgo.test.example/redirect",
                **(pgo or {}),
            },
        ],
        **top,
    }
    path = folder / "network.yaml"
    path.write_text(yaml.safe_dump(data))
    return read_network(path)


def problems(loaded: Network) -> list[tuple[str, Blame | None, str]]:
    return [
        (item.check, item.blame, item.party)
        for item in examine(loaded, datetime.now(UTC))
        if item.level == "problem"
    ]


def test_healthy_network_has_no_problems(tmp_path, pki):
    with Server(pki.server("his.test.example")) as server:
        assert problems(network(tmp_path, pki, server.port)) == []


def test_demo_network_has_no_problems():
    assert problems(read_network("demo")) == []


def test_closed_port_is_configuration(tmp_path, pki):
    with Server(pki.server("his.test.example")) as server:
        port = server.port
    assert problems(network(tmp_path, pki, port)) == [("port-closed", Blame.CONFIGURATION, "his-x")]


def test_unknown_name_is_configuration(tmp_path, pki):
    loaded = network(tmp_path, pki, 1, connect={})
    assert problems(loaded) == [("name-unknown", Blame.CONFIGURATION, "his-x")]


@pytest.mark.parametrize(
    ("fault", "check", "blame"),
    [
        ("expired", "server-certificate-expired", Blame.PRODUCT),
        ("not-yet-valid", "server-certificate-expired", Blame.PRODUCT),
        ("wrong-host", "server-certificate-host", Blame.PRODUCT),
        ("untrusted", "server-certificate-untrusted", Blame.CONFIGURATION),
    ],
)
def test_server_certificates(tmp_path, pki, fault, check, blame):
    with Server(pki.server("his.test.example", fault=fault)) as server:
        assert problems(network(tmp_path, pki, server.port)) == [(check, blame, "his-x")]


def test_plain_http_behind_https_is_configuration(tmp_path, pki):
    with Server(None, tls=False) as server:
        assert problems(network(tmp_path, pki, server.port)) == [
            ("tls-not-spoken", Blame.CONFIGURATION, "his-x")
        ]


def test_html_instead_of_fhir_is_configuration(tmp_path, pki):
    with Server(pki.server("his.test.example"), b"<html>hello</html>", "text/html") as server:
        assert problems(network(tmp_path, pki, server.port)) == [
            ("metadata-missing", Blame.CONFIGURATION, "his-x")
        ]


def test_wrong_fhir_version_is_the_product(tmp_path, pki):
    with Server(pki.server("his.test.example"), R4) as server:
        assert problems(network(tmp_path, pki, server.port)) == [("fhir-version", Blame.PRODUCT, "his-x")]


def test_refused_access_is_configuration(tmp_path, pki):
    with Server(pki.server("his.test.example"), b"{}", status=401) as server:
        assert problems(network(tmp_path, pki, server.port)) == [
            ("metadata-refused", Blame.CONFIGURATION, "his-x")
        ]


def test_clock_skew_is_seen(tmp_path, pki):
    with Server(pki.server("his.test.example"), date="Mon, 01 Jan 2024 10:00:00 GMT") as server:
        assert problems(network(tmp_path, pki, server.port)) == [("clock-skew", Blame.CONFIGURATION, "his-x")]


def test_clocks_may_differ_by_minutes(tmp_path, pki):
    four = format_datetime(NOW + timedelta(minutes=4), usegmt=True)
    with Server(pki.server("his.test.example"), date=four) as server:
        found = {item.check: item.level for item in examine(network(tmp_path, pki, server.port), NOW)}
        assert found["clock-skew"] == "note" and "problem" not in found.values()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=1\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 1\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\nHTTP/1.1 200 \r\nCONTENT-LENGTH: 5\r\n\r\nabcde",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 25\r\n\r\n"
        + gzip.compress(b"abcde", mtime=0),
        b"HTTP/1.0 200 OK\r\n\r\nabcde",
    ],
)
def test_any_right_answer_is_read(answer):
    """Also of a server that does not close the connection, except where only that ends the answer."""
    ours, theirs = socket.socketpair()
    theirs.sendall(answer)
    if answer.startswith(b"HTTP/1.0"):
        theirs.shutdown(socket.SHUT_WR)
    ours.settimeout(5)
    endpoint = Endpoint("his", "http://his.example/fhir", ("127.0.0.1", 1), needs_certificate=False)
    with ours, theirs:
        reply = _exchange(ours, endpoint, "/metadata", ())
    assert (reply.status, reply.body) == (200, b"abcde")


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9\r\n", b"", b"HTTP/1.1 2xx\r\n\r\n"])
def test_what_is_no_http_is_said(answer):
    ours, theirs = socket.socketpair()
    theirs.sendall(answer)
    theirs.shutdown(socket.SHUT_WR)
    endpoint = Endpoint("his", "http://his.example/fhir", ("127.0.0.1", 1), needs_certificate=False)
    with ours, theirs, pytest.raises(Refused):
        _exchange(ours, endpoint, "/metadata", ())


def test_a_server_that_goes_on_slowly_is_left(monkeypatch):
    """What counts is the answer as a whole."""
    monkeypatch.setattr(connection, "TIMEOUT", 0.4)
    ours, theirs = socket.socketpair()

    def drip():
        with suppress(OSError):
            while True:
                theirs.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")
                time.sleep(0.05)

    threading.Thread(target=drip, daemon=True).start()
    endpoint = Endpoint("his", "http://his.example/fhir", ("127.0.0.1", 1), needs_certificate=False)
    began = time.monotonic()
    with ours, theirs, pytest.raises(Refused):
        _exchange(ours, endpoint, "/metadata", ())
    assert time.monotonic() - began < 5


def test_redirect_host_must_equal_client_id(tmp_path, pki):
    with Server(pki.server("his.test.example")) as server:
        loaded = network(tmp_path, pki, server.port, pgo={"redirect_uri": "https://elders.example/redirect"})
        assert ("redirect-uri", Blame.CONFIGURATION, "pgo-x") in problems(loaded)


@pytest.mark.parametrize(
    ("fault", "other_key", "check"),
    [
        ("expired", False, "certificate-expired"),
        ("not-yet-valid", False, "certificate-not-yet-valid"),
        ("wrong-host", False, "certificate-host"),
        ("", True, "certificate-key-mismatch"),
    ],
)
def test_own_certificate(tmp_path, pki, fault, other_key, check):
    certificate, key = pki.client("pgo.test.example", fault=fault).write(tmp_path)
    if other_key:
        key = pki.client("ander.example").write(tmp_path)[1]
    with Server(pki.server("his.test.example")) as server:
        loaded = network(
            tmp_path, pki, server.port, pgo={"certificate": certificate.name, "key": key.name, "kind": "live"}
        )
        assert problems(loaded) == [(check, Blame.CONFIGURATION, "pgo-x")]


def test_missing_secret_names_the_variable(tmp_path, pki):
    his = {"auth": "bearer", "credential": {"env": "HARNESS_TEST_ABSENT"}}
    with Server(pki.server("his.test.example")) as server:
        found = [
            item
            for item in examine(network(tmp_path, pki, server.port, his=his), datetime.now(UTC))
            if item.level == "problem"
        ]
    assert [item.check for item in found] == ["secret-missing"]
    assert "HARNESS_TEST_ABSENT" in found[0].change.en


BORN = {"persons": [{"id": "iemand", "birth_date": "1980-02-03", "family": ["Jansen"], "patients": ["p1"]}]}


def answering(found):
    """Data of a HIS that finds one Patient, or none, and no other data."""

    def data(path, headers):
        return 200, searchset(*found) if "/Patient" in path else searchset()

    return data


@pytest.mark.parametrize(
    ("found", "checks"),
    [
        ([patient(birthDate="1980-02-03", name=[{"family": "Jansen"}])], []),
        ([patient(birthDate="1980-02")], []),
        ([patient(birthDate="1990-01-01", name=[{"family": "Jansen"}])], ["person-differs"]),
        ([patient(name=[{"family": "Pietersen"}])], ["person-differs"]),
        ([], ["person-missing"]),
        ([patient(), patient(id="ander")], ["person-not-selected"]),
    ],
)
def test_each_declared_person_is_compared_with_what_the_server_holds(tmp_path, pki, found, checks):
    with Server(pki.server("his.test.example"), data=answering(found)) as server:
        loaded = network(tmp_path, pki, server.port, **BORN)
        seen = [item for item in examine(loaded, datetime.now(UTC)) if item.level == "problem"]
    assert [(item.check, item.blame) for item in seen] == [(name, Blame.CONFIGURATION) for name in checks]
    told = json.dumps([[item.what.nl, item.change.nl, item.detail] for item in seen])
    assert "1990" not in told and "Pietersen" not in told, "what a server holds is not told"
    assert all("persons" in item.change.nl or "patient:" in item.change.nl for item in seen)
    assert [headers["X-Patient"] for path, headers in server.asked if path.endswith("/Patient")] == ["p1"]


@pytest.mark.parametrize(
    ("status", "checks"),
    [
        (404, [("service-search", Blame.CONFIGURATION)]),
        (302, [("service-search", Blame.CONFIGURATION)]),
        (400, [("service-search", Blame.PRODUCT)]),
        (500, [("service-search", Blame.PRODUCT)]),
        (401, [("data-refused", Blame.CONFIGURATION)]),
    ],
)
def test_one_search_per_service(tmp_path, pki, status, checks):
    def data(path, headers):
        return (200, searchset(patient())) if "/Patient" in path else (status, b'{"issue": "no"}')

    with Server(pki.server("his.test.example"), data=data) as server:
        loaded = network(tmp_path, pki, server.port)
        assert [(check, blame) for check, blame, _ in problems(loaded)] == checks
    searches = [path for path, _ in server.asked if path.startswith("/fhir/") and "/Patient" not in path]
    assert len([path for path in searches if not path.endswith("/metadata")]) == 1


def test_parameters_that_we_add_are_told_and_can_be_switched_off(tmp_path, pki):
    for patient_way, added in (("id-map", True), ("id-map plain", False)):
        his = {"patient": patient_way, "id_map": {"iemand": "nr-7"}}
        with Server(pki.server("his.test.example")) as server:
            found = list(examine(network(tmp_path, pki, server.port, his=his), datetime.now(UTC)))
        notes = [item for item in found if item.check == "parameters-added"]
        assert bool(notes) is added and all("id-map plain" in item.change.nl for item in notes)
        assert any("_id=nr-7" in path for path, _ in server.asked) is added
        assert any("patient=nr-7" in path for path, _ in server.asked) is added


def test_a_root_that_may_sign_nothing_is_named(tmp_path, pki):
    made = root_without_key_usage()
    with Server(pki.server("his.test.example")) as server:
        loaded = network(tmp_path, pki, server.port)
        (tmp_path / "root.pem").write_bytes(pki.trust() + made)
        assert problems(loaded) == [("root-without-key-usage", Blame.CONFIGURATION, "harness")]


def root_without_key_usage():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Own root")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=90))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM)


def test_a_wildcard_certificate_is_a_note(tmp_path, pki):
    with Server(pki.server("his.test.example", fault="wildcard")) as server:
        found = list(examine(network(tmp_path, pki, server.port), datetime.now(UTC)))
    assert [item.level for item in found if item.check == "server-certificate-wildcard"] == ["note"]


def test_our_own_mocks_are_no_product(tmp_path, pki):
    """A network that we serve ourselves: a DVZA at which one logs in as at ours."""
    (tmp_path / "root.pem").write_bytes(pki.trust())
    with Server(pki.server("dvza.test.example", fault="expired")) as server:
        port = f"127.0.0.1:{server.port}"
        data = {
            "trust": ["root.pem"],
            "connect": {"dvza.test.example:443": port},
            "persons": [{"id": "hanna-wilgenkamp"}],
            "participants": [
                {
                    "id": "dvza-x",
                    "role": "dvza",
                    "kind": "live",
                    "standards": ["huisartsgegevens-2.0"],
                    "authorize": "https://dvza.test.example/authorize",
                    "token": "https://dvza.test.example/token",
                    "resource": {"49": "https://dvza.test.example/fhir"},
                    "login": "mock",
                },
                {
                    "id": "his-x",
                    "role": "his",
                    "kind": "live",
                    "dvza": "dvza-x",
                    "standards": ["huisartsgegevens-2.0"],
                },
                {"id": "pgo-x", "role": "pgo", "kind": "twin", "standards": ["huisartsgegevens-2.0"]},
            ],
        }
        path = tmp_path / "network.yaml"
        path.write_text(yaml.safe_dump(data))
        found = problems(read_network(path))
    assert {blame for check, blame, _ in found if check == "server-certificate-expired"} == {Blame.HARNESS}


def test_equal_lines_are_one_block(tmp_path, pki):
    same = problem(
        "port-closed", "his-a", Blame.CONFIGURATION, Text(nl="dicht", en="shut"), Text(nl="open", en="open")
    )
    other = structs.replace(same, party="his-b", where="b")
    different = structs.replace(same, what=Text(nl="anders", en="other"))
    groups = alike([structs.replace(same, where="a"), different, other])
    assert [len(items) for items in groups] == [2, 1]
    told = diagnosis_block(groups[0], "nl").plain
    assert told.startswith("✗ his-a, his-b: dicht") and "a, b" in told and told.count("dicht") == 1


SAID = {
    "outcome": {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "error",
                "code": "processing",
                "diagnostics": "Unknown parameter for Truus Ooievaar-Brom",
            },
            {"severity": "error", "code": "processing", "diagnostics": "born 1931-04-05, BSN 999911120"},
        ],
    },
    "page": "<html><title>Dossier van Truus Ooievaar-Brom</title>5 april 1931, BSN 999911120</html>",
    "text": "no such patient: Truus Ooievaar-Brom (1931-04-05, 999911120)",
}
SECRETS = ("Truus", "Ooievaar", "1931", "999911120", "geheim-van-ons-7Yw3")


def all_told(loaded):
    found = list(examine(loaded, datetime.now(UTC)))
    blocks = [diagnosis_block(items, lang).plain for items in alike(found) for lang in ("nl", "en")]
    return found, "\n".join(blocks) + json.dumps([structs.asdict(item) for item in found], default=str)


@pytest.mark.parametrize("form", SAID)
@pytest.mark.parametrize("where", ["metadata", "search"])
def test_what_a_server_says_is_told_as_it_is_recorded(tmp_path, pki, monkeypatch, form, where):
    monkeypatch.setenv("DOCTOR_TEST_SECRET", "geheim-van-ons-7Yw3")
    said = SAID[form] if isinstance(SAID[form], str) else json.dumps(SAID[form])
    said = (said + " geheim-van-ons-7Yw3" if form == "text" else said).encode()
    his = {"auth": "bearer", "credential": {"env": "DOCTOR_TEST_SECRET"}}

    def data(path, headers):
        return (200, searchset(patient())) if "/Patient" in path else (400, said)

    given = {"body": said, "status": 500} if where == "metadata" else {"data": data}
    with Server(pki.server("his.test.example"), **given) as server:
        found, told = all_told(network(tmp_path, pki, server.port, his=his))
    check = "metadata-missing" if where == "metadata" else "service-search"
    problem = next(item for item in found if item.check == check)
    assert "HTTP 500" in problem.detail or "HTTP 400" in problem.detail, "what helps stays"
    assert not [word for word in SECRETS if word in told]
    if (form, where) == ("outcome", "search"):
        assert "Unknown parameter for" in problem.detail, "the words of errors stay"


def test_places_of_facts_quote_nobody(tmp_path, pki):
    body = json.dumps({"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1 of Truus Ooievaar"})
    date = format_datetime(NOW - timedelta(hours=1)) + " (Truus Ooievaar)"
    with Server(pki.server("his.test.example"), body=body.encode(), date=date) as server:
        found, told = all_told(network(tmp_path, pki, server.port))
    assert {"fhir-version", "clock-skew"} <= {item.check for item in found}
    assert "4.0.1" in told and "Truus" not in told and "Ooievaar" not in told


def test_a_certificate_is_told_by_its_hosts(tmp_path, pki, monkeypatch):
    named = [x509.NameAttribute(NameOID.COMMON_NAME, "Truus Ooievaar")]
    key = ec.generate_private_key(ec.SECP256R1())
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(named))
        .issuer_name(x509.Name(named))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("other.test.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    own = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    identity = Identity(name="t", hosts=(), chain=made.public_bytes(Encoding.PEM), key=own)
    with Server(identity) as server:
        found, told = all_told(network(tmp_path, pki, server.port))
    assert "server-certificate-untrusted" in {item.check for item in found}
    assert "other.test.example" in told and "Truus" not in told


def test_what_is_no_list_is_not_quoted():
    page = b"<html><p>Truus Ooievaar</b></html>"
    parsed = lists.parse("zal", b"<ooievaar/>", release("mm-2.2"))
    for data, seen in ((page, lists.parse("zal", page, release("mm-2.2"))), (b"<ooievaar/>", parsed)):
        told = _bad_list("zal", "https://stelselnode.test.example/zal", Reply(200, {}, data), seen)
        assert "ooievaar" not in str(structs.asdict(told)).lower()
        assert seen.issues[0].rule in told.detail
