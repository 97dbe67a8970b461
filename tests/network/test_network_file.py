"""The network file: strict, one clear message with file, line and the nearest word."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.core.errors import ConfigurationError
from harness.core.run.findings import Cell
from harness.medmij.scope import is_name
from harness.network.file import Network, Participant, read_network
from harness.network.file.model import NetworkPerson, medmij_name
from harness.network.wire.connect import ConnectMap, is_loopback
from harness.pki.authority import TestPki

MINIMAL = """
participants:
  - {id: his-a, role: his, kind: twin, standards: [huisartsgegevens-2.0], dvza: dvza-a}
  - {id: dvza-a, role: dvza, kind: twin, standards: [huisartsgegevens-2.0]}
  - {id: pgo-1, role: pgo, kind: twin, standards: [huisartsgegevens-2.0]}
"""


def load(tmp_path: Path, text: str) -> Network:
    path = tmp_path / "network.yaml"
    path.write_text(text, encoding="utf-8")
    return read_network(path)


def test_demo_network_is_valid_and_complete() -> None:
    network = read_network("demo")
    assert len(network.of_role("his")) == 2
    assert len(network.of_role("pgo")) == 2
    for his in network.of_role("his"):
        assert is_name(his.provider_name)
        for standard in his.standards:
            cell = Cell(his=his.id, dvza=his.dvza, pgo="pgo-zon", standard=standard, release="mm-2.2")
            assert network.person_of(cell)


def test_minimal_network(tmp_path: Path) -> None:
    network = load(tmp_path, MINIMAL)
    cell = Cell(his="his-a", dvza="dvza-a", pgo="pgo-1", standard="huisartsgegevens-2.0", release="mm-2.2")
    assert network.person_of(cell)
    assert network.participant("pgo-1").redirect == "https://pgo-1.example/redirect"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (("dvza: dvza-a}", "dvza: dvza-a, behavior: json-contained}"), "behaviour"),
        (("role: pgo, kind: twin", "role: pgo, kind: twinn"), "twin"),
        (("dvza: dvza-a}", "dvza: dvza-b}"), "dvza-a"),
        (("id: pgo-1,", "id: his-a,"), "id"),
        (("id: pgo-1, role: pgo,", "id: pgo-1, role: pgo, fhir: 'https://x.example/fhir',"), "fhir"),
        (("id: his-a, role: his,", "id: his-a, role: his, faults: [bsn-in-self-lin],"), "bsn-in-self-link"),
        (("id: pgo-1, role: pgo,", "id: pgo-1, role: pgo, faults: [code-reuse],"), "pgo"),
        (("id: pgo-1, role: pgo,", "id: pgo-1, role: pgo, certificate: no.pem, key: no.key,"), "no.pem"),
        (("id: his-a, role: his, kind: twin", "id: his-a, role: his, kind: live"), "fhir"),
        (("id: dvza-a, role: dvza, kind: twin", "id: dvza-a, role: dvza, kind: live"), "lists"),
    ],
)
def test_mistakes_name_place_and_nearest_word(tmp_path: Path, change: tuple[str, str], word: str) -> None:
    assert change[0] in MINIMAL
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, MINIMAL.replace(*change, 1))
    message = caught.value.render("en")
    assert word in message
    assert "network.yaml:" in message
    assert int(caught.value.exit_code) == 2


KEY = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n"
TORN = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        (b"", "nothing"),
        (b"no certificate", "text"),
        (b"0\x82\x01\x0a\x02\x01\x00", "DER"),
        (KEY.encode(), "private key"),
        (TORN.encode(), "damaged"),
    ],
)
def test_trust_without_a_certificate_is_refused(tmp_path: Path, content: bytes, seen: str) -> None:
    pki = TestPki(datetime.now(UTC))
    (tmp_path / "good.pem").write_bytes(pki.trust("front") + pki.trust("back"))
    (tmp_path / "bad.pem").write_bytes(content)
    assert load(tmp_path, MINIMAL + "trust: [good.pem]").trust == ("good.pem",)
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, MINIMAL + "trust: [good.pem, bad.pem]")
    error = caught.value
    assert error.where.endswith("network.yaml:6")
    assert "bad.pem" in error.received
    assert seen in error.received
    assert "PEM" in error.expected
    assert error.next_step.nl and error.next_step.en
    assert int(error.exit_code) == 2


@pytest.mark.parametrize(
    "text", ["", "[]", "participants: []", "participants: x", "a: [", "participants:\n\t- x"]
)
def test_nonsense_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError):
        load(tmp_path, text)


def test_missing_file() -> None:
    with pytest.raises(ConfigurationError):
        read_network("bestaat-niet.yaml")


@pytest.mark.parametrize("identifier", ["his-a", "his-2", "9", "a1-b22222222", "x-y-z", "pgo1a2b"])
def test_ids_make_valid_medmij_names(identifier: str) -> None:
    assert is_name(f"{medmij_name(identifier)}@medmij"), medmij_name(identifier)


def test_connect_map() -> None:
    connect = ConnectMap({"A.example:443": "127.0.0.1:8443", "b.example:443": "[::1]:9443"})
    assert connect.resolve("a.example", 443) == ("127.0.0.1", 8443)
    assert connect.resolve("a.example", 80) == ("a.example", 80)
    assert connect.resolve("b.example", 443) == ("::1", 9443)
    assert ConnectMap(connect.entries()).entries() == connect.entries()
    assert connect.chromium_rules().startswith("MAP a.example:443 127.0.0.1:8443")
    assert is_loopback("localhost")
    assert is_loopback("127.8.0.1")
    assert not is_loopback("example.nl")


def test_a_network_knows_whom_it_declares() -> None:
    """Our own persons are taken for known only when a network declares nobody."""
    his = Participant(id="his", role="his", kind="live")
    one = Participant(id="one", role="his", kind="live", persons=("hanna-wilgenkamp",))
    network = Network(participants=(his, one))
    assert network.knows("his", "fenna-vijftien") and not network.knows("one", "fenna-vijftien")
    declared = Network(participants=(his, one), persons=(NetworkPerson(id="tester"),))
    assert declared.knows("his", "tester") and not declared.knows("his", "fenna-vijftien")
