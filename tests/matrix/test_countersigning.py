"""A bureau that agrees with waivers and reviews, and a register that says who may sign what."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from dossierkit import WORDS, failed, public

from harness.core.clock import SystemClock, today
from harness.record.seal.countersign import beside

pytestmark = pytest.mark.slow


@pytest.fixture
def bureau_key(tmp_path):
    path = tmp_path / "bureau.pem"
    path.write_bytes(
        ed25519.Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return path


@pytest.fixture
def made(run, key, here, tmp_path):
    """A signed dossier with waivers and a reviewed attestation."""
    waivers, out = tmp_path / "waivers.yaml", tmp_path / "desk" / "kaal.dossier.tar.xz"
    out.parent.mkdir()
    last = (today(SystemClock()) + timedelta(days=30)).isoformat()
    assert here("waivers", "add", run, *failed(run), "--file", waivers, *WORDS, "--expires", last)[0] == 0
    assert here("attest", run, "FT-11", "--by", "K. Kaal")[0] == 0
    assert here("attest", run, "FT-11", "--review", "--by", "B. Bureau")[0] == 0
    assert here("dossier", "make", run, "--out", out, "--waivers", waivers, "--key", key)[0] == 0
    return out


def register(here, folder, key, bureau_key, *, vendor="=Kale Software"):
    assert here("keys", "add", folder, public(key), "--owner", vendor)[0] == 0
    code, told = here("keys", "add", folder, public(bureau_key), "--owner", "Het Bureau", "--role", "bureau")
    assert code == 0, told
    return ("--trust", folder, "--lang", "en")


def test_a_bureau_agrees_with_what_the_supplier_wrote(made, key, bureau_key, here, tmp_path):
    trust = register(here, tmp_path / "keys", key, bureau_key)
    code, told = here("verify", made, *trust)
    assert code == 6 and "Not countersigned by a bureau yet" in told and "1 review" in told
    code, told = here("dossier", "countersign", made, "--key", bureau_key, "--by", "B. Bureau", *trust)
    assert (
        code == 0
        and "release 1.1 repairs it" in told
        and "FT-11: met (K. Kaal; reviewed by B. Bureau)" in told
    )
    code, told = here("verify", made, *trust)
    assert "Countersigned" in told and "by B. Bureau" in told and "written down by the supplier" not in told
    assert json.loads(here("verify", made, *trust[:2], "--json")[1])["countersigned"]["by"] == "B. Bureau"
    assert here("bureau", made.parent, *trust, "--out", tmp_path / "out")[0] == 6
    assert "Countersigned" in (tmp_path / "out" / "index.en.html").read_text()
    receipt = json.loads((tmp_path / "out" / "receipts" / f"{made.name}.json").read_text())
    assert receipt["countersigned"] == "B. Bureau"


def test_a_supplier_does_not_countersign_its_own(made, key, bureau_key, here, tmp_path):
    trust = register(here, tmp_path / "keys", key, bureau_key)
    code, told = here("dossier", "countersign", made, "--key", key, "--by", "B. Bureau", *trust)
    assert code == 7 and "cannot countersign its own" in told and not beside(made).exists()
    other = tmp_path / "other.pem"
    other.write_bytes(bureau_key.read_bytes())
    again = tmp_path / "others"
    assert here("keys", "add", again, public(key), "--owner", "=Kale Software")[0] == 0
    assert here("keys", "add", again, public(other), "--owner", "Ander HIS")[0] == 0
    assert here("dossier", "countersign", made, "--key", bureau_key, "--by", "B. Bureau", *trust)[0] == 0
    code, told = here("verify", made, "--trust", again, "--lang", "en")
    assert code == 7 and "the register does not name for it" in told and "supplier: Ander HIS" in told


def test_a_countersignature_is_of_one_dossier_and_not_changed(made, run, key, bureau_key, here, tmp_path):
    trust = register(here, tmp_path / "keys", key, bureau_key)
    assert here("dossier", "countersign", made, "--key", bureau_key, "--by", "B. Bureau", *trust)[0] == 0
    signed = beside(made).read_text()
    other = made.with_name("ander.dossier.tar.xz")
    assert here("dossier", "make", run, "--out", other, "--key", key)[0] == 0
    beside(other).write_text(signed)
    code, told = here("verify", other, *trust)
    assert code == 7 and "about another manifest" in told
    document = json.loads(signed)
    document["envelopes"][0]["signatures"][0]["sig"] = "A" * 86 + "=="
    beside(made).write_text(json.dumps(document, indent=1) + "\n")
    code, told = here("verify", made, *trust)
    assert code == 7 and "countersigned.json" in told
    beside(made).write_text("[" * 100_000)
    code, told = here("verify", made, *trust)
    assert code == 7 and "not a DSSE envelope" in told


def test_a_dossier_is_signed_by_its_own_supplier(made, key, bureau_key, here, tmp_path):
    trust = register(here, tmp_path / "keys", key, bureau_key, vendor="Ander HIS")
    code, told = here("verify", made, *trust)
    assert code == 7 and "the register does not name for it" in told and "Ander HIS" in told


def test_a_revoked_key_is_refused_with_its_reason(made, key, bureau_key, here, tmp_path):
    trust = register(here, tmp_path / "keys", key, bureau_key)
    code, told = here("keys", "revoke", tmp_path / "keys", "0" * 64, "--reason", "lost", "--lang", "en")
    assert code == 2 and "=Kale Software" in told
    keyid = next(
        line.split()[0]
        for line in (tmp_path / "keys" / "register.yaml").read_text().splitlines()
        if len(line.strip()) == 65
    ).rstrip(":")
    for known in (keyid,):
        assert here("keys", "revoke", tmp_path / "keys", known[:20], "--reason", "laptop lost")[0] == 0
    code, told = here("keys", "list", tmp_path / "keys", "--lang", "en")
    assert code == 0 and "laptop lost" in told and "Het Bureau" in told
    bad = here("keys", "add", tmp_path / "keys", key, "--owner", "X")
    assert bad[0] == 2 and "geheime" in bad[1].casefold()
    assert here("keys", "add", tmp_path / "keys", public(bureau_key), "--owner", "Nogmaals")[0] == 2
    assert here("verify", made, *trust)[0] in (6, 7)
