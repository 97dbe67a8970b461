"""The doctor puts each problem on the right side, over real sockets and real TLS."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from harness.core.verdicts import Blame
from harness.network.doctor import examine
from harness.network.file import Network, read_network
from harness.pki.authority import TestPki
from harness.pki.contexts import server_context

NOW = datetime.now(UTC)
STU3 = json.dumps({"resourceType": "CapabilityStatement", "fhirVersion": "3.0.2"}).encode()
R4 = json.dumps({"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"}).encode()


@pytest.fixture(scope="module")
def pki():
    return TestPki(NOW)


class Server:
    """A FHIR-like server on a free port, with TLS."""

    def __init__(self, identity, body=STU3, kind="application/fhir+json", date=None, status=200, tls=True):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
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
