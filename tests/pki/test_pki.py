"""The test PKI: shape, strict acceptance, named faults, file modes, mutual TLS in memory."""

from __future__ import annotations

import ssl
import stat
import subprocess
import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from harness.core.errors import InputError, UsageError
from harness.pki import ncsc
from harness.pki.authority import FAULTS, Identity, TestPki, load, oin, save
from harness.pki.contexts import client_context, server_context
from harness.pki.facts import certificate_facts, names_host, oin_of, organisation


@pytest.fixture(scope="module")
def pki() -> TestPki:
    return TestPki(datetime.now(UTC))


def handshake(
    client: ssl.SSLContext, server: ssl.SSLContext, host: str
) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """Both ends of a handshake in memory; raises the first SSLError."""
    c_in, c_out, s_in, s_out = (ssl.MemoryBIO() for _ in range(4))
    c = client.wrap_bio(c_in, c_out, server_hostname=host)
    s = server.wrap_bio(s_in, s_out, server_side=True)
    done: set[str] = set()
    for _ in range(20):
        for name, end in (("c", c), ("s", s)):
            if name not in done:
                try:
                    end.do_handshake()
                    done.add(name)
                except ssl.SSLWantReadError:
                    pass
            s_in.write(c_out.read())
            c_in.write(s_out.read())
        if len(done) == 2:
            return c, s
    raise AssertionError("handshake does not finish")


def test_leaf_has_the_shape_of_pkioverheid(pki: TestPki) -> None:
    leaf = pki.identity("mtls.dva.example", organisation="Voorbeeld DVZA B.V.").leaf
    assert organisation(leaf) == "Voorbeeld DVZA B.V."
    assert oin_of(leaf) == oin("Voorbeeld DVZA B.V.")
    assert len(oin_of(leaf)) == 20
    by_oid = {extension.oid._name: extension for extension in leaf.extensions}
    assert by_oid["keyUsage"].critical
    assert {"subjectKeyIdentifier", "authorityKeyIdentifier", "subjectAltName", "extendedKeyUsage"} <= set(
        by_oid
    )
    assert {usage._name for usage in by_oid["extendedKeyUsage"].value} == {"serverAuth", "clientAuth"}
    root = pki.back.root.certificate
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 1


def test_mutual_tls_with_strict_checks_and_peer_facts(pki: TestPki) -> None:
    server = server_context(
        pki.server("mtls.dva.example"), client_trust=pki.trust("back"), client_auth="required"
    )
    client = client_context(pki.client("pgo.example.nl"), trust=pki.trust("back"))
    c, s = handshake(client, server, "mtls.dva.example")
    der = s.getpeercert(True)
    assert der
    facts = certificate_facts(der)
    assert facts is not None
    assert facts.dns_names == ("pgo.example.nl",)
    assert facts.key == "EC-256"
    assert c.version() == "TLSv1.3"


def test_openssl_itself_accepts_the_chain_strictly(pki: TestPki, tmp_path: Path) -> None:
    identity = pki.server("mtls.dva.example")
    chain = identity.chain.split(b"-----END CERTIFICATE-----\n")
    (tmp_path / "leaf.pem").write_bytes(chain[0] + b"-----END CERTIFICATE-----\n")
    (tmp_path / "ca.pem").write_bytes(chain[1] + b"-----END CERTIFICATE-----\n")
    (tmp_path / "root.pem").write_bytes(pki.trust("back"))
    try:
        result = subprocess.run(
            ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "mtls.dva.example",
             "-CAfile", "root.pem", "-untrusted", "ca.pem", "leaf.pem"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        pytest.skip("no openssl command on this machine")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"wildcard", "no-organisation"}))
def test_every_faulty_server_certificate_is_refused(pki: TestPki, fault: str) -> None:
    host = "mtls.dva.example"
    server = server_context(pki.server(host, fault=fault))
    with pytest.raises((ssl.SSLCertVerificationError, ssl.SSLError)):
        handshake(client_context(trust=pki.trust("back")), server, host)
    # positive control: without verification the same server is reachable, so the refusal was the client's
    handshake(client_context(verify=False, security_level=0), server, host)


def test_wildcard_certificate_is_seen_in_the_facts_not_by_openssl(pki: TestPki) -> None:
    host = "mtls.dva.example"
    c, _ = handshake(
        client_context(trust=pki.trust("back")), server_context(pki.server(host, fault="wildcard")), host
    )
    der = c.getpeercert(True)
    assert der
    facts = certificate_facts(der)
    assert facts is not None
    assert facts.dns_names == ("*.dva.example",)
    assert not names_host(facts.dns_names, host)
    assert names_host(facts.dns_names, host, wildcard=True)


def test_certificate_without_organisation_is_seen_in_the_facts(pki: TestPki) -> None:
    leaf = pki.server("a.example", fault="no-organisation").leaf
    assert organisation(leaf) == ""
    facts = certificate_facts(leaf.public_bytes(serialization.Encoding.DER))
    assert facts is not None
    assert "O=" not in facts.subject


@pytest.mark.parametrize("fault", ["expired", "untrusted", "self-signed", "not-yet-valid", "wrong-channel"])
def test_faulty_client_certificates_are_refused(pki: TestPki, fault: str) -> None:
    server = server_context(pki.server("a.example"), client_trust=pki.trust("back"), client_auth="required")
    client = client_context(pki.client("pgo.example.nl", fault=fault), trust=pki.trust("back"))
    with pytest.raises(ssl.SSLError):
        handshake(client, server, "a.example")


def test_missing_client_certificate_is_refused_or_seen(pki: TestPki) -> None:
    client = client_context(trust=pki.trust("back"))
    required = server_context(pki.server("a.example"), client_trust=pki.trust("back"), client_auth="required")
    with pytest.raises(ssl.SSLError):
        handshake(client, required, "a.example")
    optional = server_context(pki.server("a.example"), client_trust=pki.trust("back"), client_auth="optional")
    _, s = handshake(client, optional, "a.example")
    assert s.getpeercert(True) is None
    with pytest.raises(ValueError, match="client_trust"):
        server_context(pki.server("a.example"), client_auth="required")


def test_default_contexts_negotiate_only_good_suites(pki: TestPki) -> None:
    server = server_context(pki.server("a.example"))
    client = client_context(trust=pki.trust(), maximum=ssl.TLSVersion.TLSv1_2)
    c, _ = handshake(client, server, "a.example")
    cipher = c.cipher()
    assert cipher
    assert ncsc.suite_rating(cipher[0]) == "good"
    weak = client_context(
        trust=pki.trust(), maximum=ssl.TLSVersion.TLSv1_2, ciphers="ECDHE-ECDSA-AES128-SHA", security_level=0
    )
    with pytest.raises(ssl.SSLError):
        handshake(weak, server, "a.example")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions_are_served_without_a_warning(pki: TestPki, version: ssl.TLSVersion) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        old = {"minimum": version, "maximum": version, "ciphers": "ALL", "security_level": 0}
        server = server_context(pki.server("a.example"), **old)  # type: ignore[arg-type]
        client = client_context(trust=pki.trust(), **old)  # type: ignore[arg-type]
        c, _ = handshake(client, server, "a.example")
    assert c.version() == {ssl.TLSVersion.TLSv1: "TLSv1", ssl.TLSVersion.TLSv1_1: "TLSv1.1"}[version]
    assert not [str(item.message) for item in caught]


@pytest.mark.parametrize(
    ("module", "refused"), [("harness.pki.contexts", True), ("elsewhere.harness", False)]
)
def test_deprecated_use_in_our_own_code_fails_a_test_run(module: str, refused: bool) -> None:
    code = compile("import warnings; warnings.warn('old', DeprecationWarning)", "x.py", "exec")
    with pytest.raises(DeprecationWarning) if refused else pytest.warns(DeprecationWarning):
        exec(code, {"__name__": module})


def test_keys_are_private_and_pki_survives_a_restart(pki: TestPki, tmp_path: Path) -> None:
    certificate, key = pki.server("a.example").write(tmp_path)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert b"PRIVATE" not in certificate.read_bytes()
    assert "PRIVATE" not in repr(pki.server("a.example"))
    save(pki, tmp_path / "ca")
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in (tmp_path / "ca").glob("*.key"))
    again = load(tmp_path / "ca", datetime.now(UTC))
    handshake(
        client_context(trust=pki.trust("front")),
        server_context(again.server("b.example", channel="front")),
        "b.example",
    )
    (tmp_path / "ca" / "back-root.key").write_text("junk")
    with pytest.raises(InputError):
        load(tmp_path / "ca", datetime.now(UTC))


def test_identities_are_cached_and_unknown_faults_named(pki: TestPki) -> None:
    assert pki.server("a.example") is pki.server("a.example")
    assert pki.server("a.example").thumbprint != pki.server("c.example").thumbprint
    with pytest.raises(UsageError) as error:
        pki.server("a.example", fault="expierd")
    assert "expired" in str(error.value)
    with pytest.raises(ValueError, match="time zone"):
        TestPki(datetime(2026, 1, 1))


def test_facts_of_garbage_are_none(pki: TestPki) -> None:
    assert certificate_facts(b"not a certificate") is None
    der = pki.server("a.example").leaf.public_bytes(serialization.Encoding.DER)
    assert certificate_facts(der[:40]) is None
    assert isinstance(pki.server("a.example"), Identity)


def test_ncsc_table() -> None:
    assert ncsc.suite_rating("ECDHE-RSA-AES256-GCM-SHA384") == "good"
    assert ncsc.suite_rating("AES256-SHA") == "phase-out"
    assert ncsc.suite_rating("no-such-suite") is None
    assert {"cbc", "rc4", "3des", "static-rsa", "dhe", "null", "anonymous"} == set(ncsc.classes(good=False))
    assert [item.id for item in ncsc.facts().versions if item.allowed] == ["TLSv1.2", "TLSv1.3"]
    assert ncsc.version("TLS 1.0") == ncsc.version("TLSv1")
    codes = [item.code for item in ncsc.facts().suites]
    assert len(codes) == len(set(codes))
