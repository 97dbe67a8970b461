"""The seal: made with every kind of key, refused for every reason that there is."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from evidencekit import NOW, run_folder
from sealkit import FACTS, KEYS, Authority, certificate_pem, pem, public_pem, summary

from harness.core.errors import InputError
from harness.core.run import manifest
from harness.core.run.problems import EvidenceError, Problem, ProblemKind
from harness.record.seal import dsse, envelope, limits, statement
from harness.record.seal.dsse import DsseSignature
from harness.record.seal.envelope import Seal, seal_folder
from harness.record.seal.keys import SigningKey, load_signing_key
from harness.record.seal.statement import RunResult, summarise
from harness.record.seal.trust import Trust, load_trust
from harness.record.verify import Facts, verify_folder


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_folder(tmp_path_factory.mktemp("seal") / "run", size=2)


@pytest.fixture
def folder(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "run"))


def key_file(tmp_path: Path, kind: str = "ed25519") -> tuple[Any, Path, Path]:
    """A private key, its PEM file, and the PEM file of its public key."""
    key = KEYS[kind]()
    private, public = tmp_path / f"{kind}.pem", tmp_path / f"{kind}.pub"
    private.write_bytes(pem(key))
    public.write_bytes(public_pem(key))
    return key, private, public


def sealed(folder: Path, key: SigningKey) -> Seal:
    return seal_folder(folder, key, facts=FACTS, summary=summary(), now=NOW)


def check(folder: Path, *trusted: Path, days: int = 0) -> Problem | Facts:
    try:
        return verify_folder(folder, now=NOW + timedelta(days=days), trust=load_trust(trusted))
    except EvidenceError as error:
        return error.problem


def kind_of(found: Problem | Facts) -> ProblemKind | None:
    if isinstance(found, Facts):
        return None
    for text in (found.message.nl, found.message.en):
        assert text
        assert "\n" not in text
    return found.kind


# --- signing and verifying --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KEYS)
def test_every_kind_of_key_signs_and_is_believed(folder: Path, tmp_path: Path, kind: str) -> None:
    _, private, public = key_file(tmp_path, kind)
    key = load_signing_key(private)
    sealed(folder, key)
    found = check(folder, public)
    assert isinstance(found, Facts)
    assert found.seal is not None
    assert found.seal.keyid == key.keyid
    assert found.seal.trusted_by == f"{kind}.pub"
    assert found.seal.run.root == found.root
    assert found.seal.run.signed == NOW.isoformat()
    assert found.seal.run.outcome == {"his-a": "conforms"}
    assert found.seal.summary.result == "PASSED"
    other = KEYS[kind]()
    stranger = tmp_path / "stranger.pub"
    stranger.write_bytes(public_pem(other))
    assert kind_of(check(folder, stranger)) is ProblemKind.UNTRUSTED


def test_the_form_of_the_seal(folder: Path, tmp_path: Path) -> None:
    """Against the text of the standards: DSSE fields, payload type, in-toto statement, both subjects."""
    _, private, _ = key_file(tmp_path)
    sealed(folder, load_signing_key(private))
    content = json.loads((folder / "seal.json").read_bytes())
    assert content["format"] == "seal-1"
    data = (folder / "manifest.json").read_bytes()
    expected = [
        {"name": "manifest.json", "digest": {"sha256": hashlib.sha256(data).hexdigest()}},
        {"name": "merkle-root", "digest": {"sha256": json.loads(data)["root"]}},
    ]
    kinds = []
    for item in content["envelopes"]:
        assert set(item) == {"payload", "payloadType", "signatures"}
        assert item["payloadType"] == "application/vnd.in-toto+json"
        payload = json.loads(base64.b64decode(item["payload"]))
        assert payload["_type"] == "https://in-toto.io/Statement/v1"
        assert payload["subject"] == expected
        kinds.append(payload["predicateType"])
    assert kinds[0] == "https://in-toto.io/attestation/test-result/v0.1"
    first, second = (
        json.loads(base64.b64decode(item["payload"]))["predicate"] for item in content["envelopes"]
    )
    assert set(first) == {"result", "configuration", "passedTests", "warnedTests", "failedTests"}
    assert first["configuration"][0] == {"name": "catalogue", "digest": {"sha256": "c" * 64}}
    assert {"run", "root", "started", "finished", "parties", "outcome", "validUntil", "signed"} <= set(second)


@pytest.mark.parametrize("kind", KEYS)
def test_openssl_agrees(folder: Path, tmp_path: Path, kind: str) -> None:
    """An independent implementation over pre-authentication bytes that are put together here."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is absent")
    _, private, public = key_file(tmp_path, kind)
    sealed(folder, load_signing_key(private))
    content = json.loads((folder / "seal.json").read_bytes())
    for number, item in enumerate(content["envelopes"]):
        payload = base64.b64decode(item["payload"])
        media = item["payloadType"].encode()
        message = tmp_path / f"pae-{number}"
        message.write_bytes(
            b"DSSEv1 " + str(len(media)).encode() + b" " + media + b" "
            + str(len(payload)).encode() + b" " + payload
        )  # fmt: skip
        signature = tmp_path / f"sig-{number}"
        signature.write_bytes(base64.b64decode(item["signatures"][0]["sig"]))
        base = [openssl]
        if kind == "ed25519":
            command = [
                *base, "pkeyutl", "-verify", "-pubin", "-inkey", str(public), "-rawin",
                "-in", str(message), "-sigfile", str(signature),
            ]  # fmt: skip
        else:
            padding = (
                ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:-1"] if kind == "rsa" else []
            )
            command = [
                *base, "dgst", "-sha256", "-verify", str(public), *padding,
                "-signature", str(signature), str(message),
            ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if "Unknown" in done.stderr or "unknown option" in done.stderr:
            pytest.skip(f"this openssl cannot do it: {done.stderr.strip()[:80]}")
        assert done.returncode == 0, done.stdout + done.stderr
        message.write_bytes(message.read_bytes() + b" ")
        assert subprocess.run(command, capture_output=True, check=False).returncode != 0


def test_a_folder_without_seal_and_one_without_trusted_keys(folder: Path, tmp_path: Path) -> None:
    _, private, public = key_file(tmp_path)
    unsealed = verify_folder(folder, now=NOW)
    assert isinstance(unsealed, Facts)
    assert unsealed.seal is None
    assert kind_of(check(folder, public)) is ProblemKind.UNSEALED
    sealed(folder, load_signing_key(private))
    with pytest.raises(EvidenceError) as nobody:
        verify_folder(folder, now=NOW)
    assert nobody.value.problem.kind is ProblemKind.UNTRUSTED


def test_without_a_manifest_nothing_is_sealed(folder: Path, tmp_path: Path) -> None:
    _, private, _ = key_file(tmp_path)
    (folder / "manifest.json").unlink()
    with pytest.raises(EvidenceError) as caught:
        sealed(folder, load_signing_key(private))
    assert caught.value.problem.kind is ProblemKind.UNFINISHED


# --- what was changed ---------------------------------------------------------------------------------------


def change(folder: Path, edit: Any) -> None:
    """Change ``seal.json`` and write it in its right form."""
    path = folder / "seal.json"
    seal = msgspec.json.decode(path.read_bytes(), type=Seal)
    path.write_bytes(dsse.encode(edit(seal)))


def _envelope(seal: Seal, number: int = 0, **changes: Any) -> Seal:
    items = list(seal.envelopes)
    items[number] = msgspec.structs.replace(items[number], **changes)
    return msgspec.structs.replace(seal, envelopes=tuple(items))


def _signature(seal: Seal, number: int = 0, **changes: Any) -> Seal:
    (signature,) = seal.envelopes[number].signatures
    return _envelope(seal, number, signatures=(msgspec.structs.replace(signature, **changes),))


def _payload(seal: Seal, number: int, edit: Any) -> Seal:
    content = json.loads(base64.b64decode(seal.envelopes[number].payload))
    edit(content)
    return _envelope(seal, number, payload=base64.b64encode(json.dumps(content).encode()).decode())


def _both_keyids(seal: Seal) -> Seal:
    for number in (0, 1):
        seal = _signature(seal, number, keyid="0" * 64)
    return seal


CHANGES: dict[str, tuple[Any, ProblemKind]] = {
    "payload: result": (
        lambda seal: _payload(seal, 0, lambda item: item["predicate"].update(result="WARNED")),
        ProblemKind.SIGNATURE,
    ),
    "payload: outcome": (
        lambda seal: _payload(seal, 1, lambda item: item["predicate"].update(outcome={"his-a": "x"})),
        ProblemKind.SIGNATURE,
    ),
    "payload: subject": (
        lambda seal: _payload(seal, 0, lambda item: item["subject"][0]["digest"].update(sha256="0" * 64)),
        ProblemKind.STATEMENT,
    ),
    "payload: predicate type": (
        lambda seal: _payload(seal, 0, lambda item: item.update(predicateType="https://other")),
        ProblemKind.STATEMENT,
    ),
    "payload: statement type": (
        lambda seal: _payload(seal, 0, lambda item: item.update(_type="https://other")),
        ProblemKind.STATEMENT,
    ),
    "payload: unknown field": (
        lambda seal: _payload(seal, 1, lambda item: item["predicate"].update(more=1)),
        ProblemKind.STATEMENT,
    ),
    "payload: no result": (
        lambda seal: _payload(seal, 0, lambda item: item["predicate"].update(result="GOOD")),
        ProblemKind.STATEMENT,
    ),
    "payload: run": (
        lambda seal: _payload(seal, 1, lambda item: item["predicate"].update(run="0" * 64)),
        ProblemKind.STATEMENT,
    ),
    "payload: signed": (
        lambda seal: _payload(seal, 1, lambda item: item["predicate"].update(signed="now")),
        ProblemKind.STATEMENT,
    ),
    "payload: signed without zone": (
        lambda seal: _payload(seal, 1, lambda item: item["predicate"].update(signed="2026-03-01T00:00:00")),
        ProblemKind.STATEMENT,
    ),
    "payload: not JSON": (lambda seal: _envelope(seal, payload="eHh4"), ProblemKind.STATEMENT),
    "payload: nested": (
        lambda seal: _envelope(seal, payload=base64.b64encode(b"[" * 99_999).decode()),
        ProblemKind.STATEMENT,
    ),
    "payload type": (lambda seal: _envelope(seal, payload_type="text/plain"), ProblemKind.ENVELOPE),
    "keyid of one": (lambda seal: _signature(seal, 0, keyid="0" * 64), ProblemKind.STATEMENT),
    "keyid of both": (_both_keyids, ProblemKind.STATEMENT),
    "signatures exchanged": (
        lambda seal: _signature(seal, 0, sig=seal.envelopes[1].signatures[0].sig),
        ProblemKind.SIGNATURE,
    ),
    "signature empty": (lambda seal: _signature(seal, 0, sig=""), ProblemKind.SIGNATURE),
    "signature short": (lambda seal: _signature(seal, 1, sig="AAAA"), ProblemKind.SIGNATURE),
    "junk base64": (lambda seal: _signature(seal, 0, sig="!!!"), ProblemKind.ENVELOPE),
    "base64 with line feed": (
        lambda seal: _envelope(seal, payload=seal.envelopes[0].payload + "\n"),
        ProblemKind.ENVELOPE,
    ),
    "base64 without padding": (
        lambda seal: _signature(seal, 0, sig=seal.envelopes[0].signatures[0].sig.rstrip("=")),
        ProblemKind.ENVELOPE,
    ),
    "base64 with loose bits": (
        lambda seal: _signature(seal, 0, sig=seal.envelopes[0].signatures[0].sig[:-3] + "h=="),
        ProblemKind.ENVELOPE,
    ),
    "base64 beyond ASCII": (lambda seal: _signature(seal, 0, sig="é"), ProblemKind.ENVELOPE),
    "envelopes exchanged": (
        lambda seal: msgspec.structs.replace(seal, envelopes=seal.envelopes[::-1]),
        ProblemKind.STATEMENT,
    ),
    "one envelope twice": (
        lambda seal: msgspec.structs.replace(seal, envelopes=(seal.envelopes[1],) * 2),
        ProblemKind.STATEMENT,
    ),
    "one envelope": (
        lambda seal: msgspec.structs.replace(seal, envelopes=seal.envelopes[:1]),
        ProblemKind.ENVELOPE,
    ),
    "two signatures": (
        lambda seal: _envelope(seal, signatures=(DsseSignature(keyid="a", sig="AAAA"),) * 2),
        ProblemKind.ENVELOPE,
    ),
    "format": (lambda seal: msgspec.structs.replace(seal, format="seal-2"), ProblemKind.ENVELOPE),
    "certificate added": (
        lambda seal: msgspec.structs.replace(
            seal, certificates=(certificate_pem(Authority().leaf(KEYS["p256"]())).decode(),)
        ),
        ProblemKind.STATEMENT,
    ),
    "certificate of a key that is not used for seals": (
        lambda seal: msgspec.structs.replace(
            seal,
            certificates=(
                certificate_pem(Authority().leaf(ec.generate_private_key(ec.SECP384R1()))).decode(),
            ),
        ),
        ProblemKind.UNTRUSTED,
    ),
    "certificate junk": (
        lambda seal: msgspec.structs.replace(seal, certificates=("junk",)),
        ProblemKind.ENVELOPE,
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_seal_that_was_changed_is_refused(folder: Path, tmp_path: Path, name: str) -> None:
    _, private, public = key_file(tmp_path)
    sealed(folder, load_signing_key(private))
    assert kind_of(check(folder, public)) is None
    edit, kind = CHANGES[name]
    change(folder, edit)
    found = check(folder, public)
    assert kind_of(found) is kind, found
    assert isinstance(found, Problem)
    assert found.where == "seal.json"


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b"{}", b"null", b'{"format":"seal-1","envelopes":[]}']
)
def test_junk_is_no_seal(folder: Path, tmp_path: Path, data: bytes) -> None:
    _, _, public = key_file(tmp_path)
    (folder / "seal.json").write_bytes(data)
    assert kind_of(check(folder, public)) is ProblemKind.ENVELOPE


def test_every_byte_of_a_seal_counts(folder: Path, tmp_path: Path) -> None:
    """Also those that no signature covers: spaces, unused bits, certificates."""
    root = Authority()
    key = KEYS["ed25519"]()
    (tmp_path / "key.pem").write_bytes(pem(key) + certificate_pem(root.leaf(key), root.certificate))
    sealed(folder, load_signing_key(tmp_path / "key.pem"))
    public = tmp_path / "key.pub"
    public.write_bytes(public_pem(key))
    trust = load_trust([public])
    path = folder / "seal.json"
    whole = path.read_bytes()
    assert isinstance(verify_folder(folder, now=NOW, trust=trust), Facts)
    data = (folder / "manifest.json").read_bytes()
    made = manifest.decode(data)
    for place in range(0, len(whole), 7):
        for bit in (0, 5):
            changed = bytearray(whole)
            changed[place] ^= 1 << bit
            path.write_bytes(changed)
            with pytest.raises(EvidenceError):
                envelope.check_seal(folder, data, made.root, made.run, trust, NOW)
    for cut in range(0, len(whole), 501):
        path.write_bytes(whole[:cut])
        with pytest.raises(EvidenceError):
            envelope.check_seal(folder, data, made.root, made.run, trust, NOW)


def test_a_seal_has_one_form(folder: Path, tmp_path: Path) -> None:
    _, private, public = key_file(tmp_path)
    sealed(folder, load_signing_key(private))
    path = folder / "seal.json"
    whole = path.read_bytes()
    for data in (whole + b" ", json.dumps(json.loads(whole)).encode(), whole.replace(b"\n", b"\r\n")):
        path.write_bytes(data)
        assert kind_of(check(folder, public)) is ProblemKind.ENVELOPE


def test_a_certificate_of_another_key_does_not_count(folder: Path, tmp_path: Path) -> None:
    """Even when the signer himself named it in what he signed."""
    authority = Authority()
    _, private, _ = key_file(tmp_path)
    key = load_signing_key(private)
    sealed(folder, replace(key, certificates=(authority.leaf(KEYS["p256"]()),)))
    (tmp_path / "root.pem").write_bytes(certificate_pem(authority.certificate))
    assert kind_of(check(folder, tmp_path / "root.pem")) is ProblemKind.STATEMENT


def test_the_seal_of_another_run_does_not_fit(folder: Path, tmp_path: Path) -> None:
    _, private, public = key_file(tmp_path)
    other = run_folder(tmp_path / "other", seed=2, size=2)
    key = load_signing_key(private)
    sealed(other, key)
    sealed(folder, key)
    shutil.copy(other / "seal.json", folder / "seal.json")
    assert kind_of(check(folder, public)) is ProblemKind.STATEMENT


# --- keys ---------------------------------------------------------------------------------------------------


def test_keys_from_encrypted_pem_and_pkcs12(folder: Path, tmp_path: Path) -> None:
    root = Authority()
    (tmp_path / "root.pem").write_bytes(certificate_pem(root.certificate))
    for kind in KEYS:
        key = KEYS[kind]()
        leaf = root.leaf(key)
        locked = tmp_path / "locked.pem"
        locked.write_bytes(pem(key, b"geheim") + certificate_pem(leaf))
        store = tmp_path / "key.p12"
        store.write_bytes(
            pkcs12.serialize_key_and_certificates(
                b"name", key, leaf, [root.certificate], serialization.BestAvailableEncryption(b"geheim")
            )
        )
        for path in (locked, store):
            loaded = load_signing_key(path, password=b"geheim")
            sealed(folder, loaded)
            found = check(folder, tmp_path / "root.pem")
            assert isinstance(found, Facts), found
            assert found.seal is not None
            assert found.seal.trusted_by == "CN=Test Root"
            assert found.seal.subject == "CN=Bureau"
            for wrong in (b"other", None):
                with pytest.raises(InputError) as caught:
                    load_signing_key(path, password=wrong)
                assert "wachtwoord" in caught.value.message.nl


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(lambda: ec.generate_private_key(ec.SECP384R1()), id="P-384"),
        pytest.param(lambda: rsa.generate_private_key(65537, 1024), id="RSA 1024"),
    ],
)
def test_other_kinds_of_keys_are_refused(tmp_path: Path, key: Any) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(pem(key()))
    with pytest.raises(InputError) as caught:
        load_signing_key(path)
    assert caught.value.expected.startswith("Ed25519")
    assert caught.value.received


def test_what_is_no_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    for data in (
        b"",
        b"junk",
        b"-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n",
        b"\x30\x82" * 99,
    ):
        path.write_bytes(data)
        with pytest.raises(InputError):
            load_signing_key(path)
    with pytest.raises(InputError):
        load_signing_key(tmp_path / "absent.pem")
    with pytest.raises(InputError):
        load_signing_key(tmp_path)


def test_the_certificate_must_be_that_of_the_key(tmp_path: Path) -> None:
    key = KEYS["p256"]()
    leaf = Authority().leaf(KEYS["p256"]())
    (tmp_path / "key.pem").write_bytes(pem(key))
    (tmp_path / "leaf.pem").write_bytes(certificate_pem(leaf))
    with pytest.raises(InputError) as caught:
        load_signing_key(tmp_path / "key.pem", certificates=tmp_path / "leaf.pem")
    assert caught.value.where.endswith("leaf.pem")


# --- trust --------------------------------------------------------------------------------------------------


def with_leaf(folder: Path, tmp_path: Path, authority: Authority, *, above: Any = (), **leaf: Any) -> str:
    """Seal a folder with a fresh key that has a certificate; gives its key id."""
    key = KEYS["p256"]()
    (tmp_path / "key.pem").write_bytes(pem(key) + certificate_pem(authority.leaf(key, **leaf), *above))
    loaded = load_signing_key(tmp_path / "key.pem")
    sealed(folder, loaded)
    return loaded.keyid


@pytest.fixture
def root(tmp_path: Path) -> Authority:
    made = Authority()
    (tmp_path / "trust").mkdir()
    (tmp_path / "trust" / "root.pem").write_bytes(certificate_pem(made.certificate))
    return made


def test_a_chain_over_an_intermediate_is_believed(folder: Path, tmp_path: Path, root: Authority) -> None:
    middle = Authority("Test Issuing", root)
    with_leaf(folder, tmp_path, middle, above=(middle.certificate,))
    assert kind_of(check(folder, tmp_path / "trust")) is None
    with_leaf(folder, tmp_path, middle)
    assert kind_of(check(folder, tmp_path / "trust")) is ProblemKind.UNTRUSTED


def test_another_authority_and_a_certificate_that_may_not_sign(
    folder: Path, tmp_path: Path, root: Authority
) -> None:
    with_leaf(folder, tmp_path, Authority("Test Root"))
    assert kind_of(check(folder, tmp_path / "trust")) is ProblemKind.UNTRUSTED
    with_leaf(folder, tmp_path, root, usage=False)
    assert kind_of(check(folder, tmp_path / "trust")) is ProblemKind.UNTRUSTED


def test_validity_counts_when_signed_and_now(folder: Path, tmp_path: Path, root: Authority) -> None:
    with_leaf(folder, tmp_path, root)
    assert kind_of(check(folder, tmp_path / "trust", days=289)) is None
    found = check(folder, tmp_path / "trust", days=291)
    assert kind_of(found) is ProblemKind.VALIDITY
    assert isinstance(found, Problem)
    assert "nu" in found.message.nl
    assert kind_of(check(folder, tmp_path / "trust", days=-11)) is ProblemKind.VALIDITY
    for start, days in ((-10, 5), (5, 10)):
        with pytest.raises(InputError):
            with_leaf(folder, tmp_path, root, start=start, days=days)
    key = KEYS["ed25519"]()
    (tmp_path / "key.pem").write_bytes(pem(key) + certificate_pem(root.leaf(key, start=30, days=300)))
    seal_folder(
        folder,
        load_signing_key(tmp_path / "key.pem"),
        facts=FACTS,
        summary=summary(),
        now=NOW + timedelta(days=31),
    )
    change(folder, lambda seal: seal)
    found = check(folder, tmp_path / "trust", days=29)  # a clock in the past
    assert kind_of(found) is ProblemKind.VALIDITY


def test_a_certificate_that_is_trusted_itself(folder: Path, tmp_path: Path, root: Authority) -> None:
    key = KEYS["rsa"]()
    leaf = root.leaf(key)
    (tmp_path / "key.pem").write_bytes(pem(key))
    (tmp_path / "leaf.crt").write_bytes(certificate_pem(leaf))
    sealed(folder, load_signing_key(tmp_path / "key.pem"))
    assert kind_of(check(folder, tmp_path / "leaf.crt")) is None
    assert kind_of(check(folder, tmp_path / "leaf.crt", days=300)) is ProblemKind.VALIDITY


def test_a_revoked_key_is_refused_whoever_vouches(folder: Path, tmp_path: Path, root: Authority) -> None:
    keyid = with_leaf(folder, tmp_path, root)
    register = tmp_path / "trust" / "revoked.txt"
    register.write_text(f"# register\n\n{'0' * 64}\n")
    assert kind_of(check(folder, tmp_path / "trust")) is None
    register.write_text(f"{keyid}  # stolen\n")
    found = check(folder, tmp_path / "trust")
    assert kind_of(found) is ProblemKind.REVOKED
    assert isinstance(found, Problem)
    assert "stolen" in found.received
    _, private, public = key_file(tmp_path)
    loaded = load_signing_key(private)
    sealed(folder, loaded)
    assert kind_of(check(folder, public)) is None
    register.write_text(loaded.keyid)
    assert kind_of(check(folder, public, register)) is ProblemKind.REVOKED


def test_an_authority_above_that_is_revoked(folder: Path, tmp_path: Path, root: Authority) -> None:
    middle = Authority("Test Issuing", root)
    with_leaf(folder, tmp_path, middle, above=(middle.certificate,))
    (tmp_path / "middle.pem").write_bytes(pem(middle.key))
    keyid = load_signing_key(tmp_path / "middle.pem").keyid
    (tmp_path / "trust" / "revoked.txt").write_text(keyid)
    assert kind_of(check(folder, tmp_path / "trust")) is ProblemKind.REVOKED


def test_what_does_not_belong_among_trusted_keys(tmp_path: Path) -> None:
    _, private, public = key_file(tmp_path)
    for path, text in (
        (private, "geheime sleutel"),
        (tmp_path / "absent.pem", "niet worden gelezen"),
        (tmp_path / "junk.pem", "geen publieke sleutel"),
        (tmp_path / "revoked.txt", "geen sleutel-id"),
        (tmp_path / "empty", "bevat geen"),
        (tmp_path / "damaged.pem", "beschadigd"),
    ):
        (tmp_path / "junk.pem").write_text("junk")
        (tmp_path / "revoked.txt").write_text("nonsense")
        (tmp_path / "empty").mkdir(exist_ok=True)
        (tmp_path / "damaged.pem").write_text(
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        )
        with pytest.raises(InputError) as caught:
            load_trust([path])
        assert text in caught.value.message.nl
    assert isinstance(load_trust([public]), Trust)
    p384 = tmp_path / "p384.pub"
    p384.write_bytes(public_pem(ec.generate_private_key(ec.SECP384R1())))
    with pytest.raises(InputError):
        load_trust([p384])


# --- statements -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("conforms", "warned", "failed", "result"),
    [
        ([True], [], [], "PASSED"),
        ([True, True], [], [], "PASSED"),
        ([True], ["B"], [], "WARNED"),
        ([True, False], [], [], "FAILED"),
        ([True], [], ["C"], "FAILED"),
        ([False], [], ["C"], "FAILED"),
        ([False], [], [], "FAILED"),  # no verdict
        ([], [], [], "FAILED"),  # a rehearsal: nobody has an outcome
    ],
)
def test_three_words_never_say_more_than_the_outcome(
    conforms: list[bool], warned: list[str], failed: list[str], result: str
) -> None:
    made = summarise(conforms=conforms, passed=["A"], warned=warned, failed=failed, configuration={})
    assert made.result == result


def test_a_requirement_stands_in_its_worst_list_only() -> None:
    made = summarise(
        conforms=[False],
        passed=["A", "B", "C"],
        warned=["B", "C"],
        failed=["C"],
        configuration={"b": "1" * 64, "a": "0" * 64},
    )
    assert (made.passed_tests, made.warned_tests, made.failed_tests) == (("A",), ("B",), ("C",))
    assert [item.name for item in made.configuration] == ["a", "b"]


def test_a_statement_keeps_what_it_says() -> None:
    subject = statement.subjects(b"{}", "0" * 64)
    run = RunResult(
        **msgspec.structs.asdict(FACTS),
        run="1" * 64,
        root="0" * 64,
        signed=NOW.isoformat(),
        signer=statement.Signer(keyid="k"),
    )
    for predicate in (summary(), run):
        assert statement.decode(statement.encode(predicate, subject), subject, "x") == predicate


def test_what_a_seal_cannot_prove_is_said_in_both_languages() -> None:
    texts = [*limits.CANNOT_PROVE, limits.UNSEALED, limits.CANNOT_PROVE_HEADING, limits.SPOT_CHECK]
    assert len(limits.CANNOT_PROVE) == 7
    for text in texts:
        assert text.nl
        assert text.en
        assert text.nl != text.en


def test_ed25519_is_deterministic_so_that_sealing_twice_gives_the_same_file(
    folder: Path, tmp_path: Path
) -> None:
    key = ed25519.Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    (tmp_path / "key.pem").write_bytes(pem(key))
    loaded = load_signing_key(tmp_path / "key.pem")
    sealed(folder, loaded)
    first = (folder / "seal.json").read_bytes()
    sealed(folder, loaded)
    assert (folder / "seal.json").read_bytes() == first
