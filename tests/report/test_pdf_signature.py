"""A signed report: two other readers accept the signature, it stays PDF/A, and wrong keys are refused."""

from __future__ import annotations

import io
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from harness.core.errors import InputError
from harness.pdfa import check
from harness.record.seal.keys import load_signing_key
from harness.report.pdf.content import Document
from harness.report.pdf.signing import _added, check_key, signed
from harness.report.pdf.typeset import typeset

pytest.importorskip("typst", reason="typst is not installed: pip install -e .[report]")
pytest.importorskip("pyhanko", reason="pyHanko is not installed: pip install -e .[report]")
NOW = datetime.now(UTC)
KEYS = {
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}
DOCUMENT = Document(
    lang="nl", title="Rapport", subtitle="", words={"page": "p", "of": "van", "name": "naam"}, band="", mark="",
    footer="", look="conforms", symbol="✓", name="HIS", outcome="Voldoet", headline="", tiles=(), blocks=(),
    sign_title="Ondertekening", sign_note="", sign_here=("Leverancier",), sections=(),
)  # fmt: skip


def certified(key, *, days=(-1, 30), usage=True, commits=True, authority=None):
    """A certificate: self-signed, or of an authority (its key and certificate)."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Lindehof" if authority else "Root")])
    signer, issuer = authority or (key, None)
    flags = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "encipher_only",
         "decipher_only"), False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + timedelta(days=days[0]))
        .not_valid_after(NOW + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=usage,
                content_commitment=usage and commits,
                key_cert_sign=issuer is None,
                crl_sign=issuer is None,
                **(flags if usage else flags | {"key_encipherment": True}),
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(signer, None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    )


def pem(key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


class Signer:
    """A key of a kind with its certificate below a root, as a file."""

    def __init__(self, folder: Path, kind: str, *, chain: bool = True, **details):
        root = ec.generate_private_key(ec.SECP256R1())
        self.root = certified(root, days=(-30, 300))
        key = KEYS[kind]()
        self.leaf = certified(key, authority=(root, self.root), **details)
        self.private = key
        self.file = folder / f"{kind}.pem"
        certificates = b"".join(
            one.public_bytes(serialization.Encoding.PEM) for one in (self.leaf, self.root)
        )
        self.file.write_bytes(pem(key) + (certificates if chain else b""))
        self.key = load_signing_key(self.file)


@pytest.fixture(scope="module")
def plain() -> bytes:
    return typeset(DOCUMENT, at=NOW)


def status_of(data: bytes, signer: Signer):
    """What pyHanko says of the only signature of a PDF."""
    from asn1crypto.x509 import Certificate
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    root = Certificate.load(signer.root.public_bytes(serialization.Encoding.DER))
    (found,) = PdfFileReader(io.BytesIO(data)).embedded_signatures
    assert found.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    return validate_pdf_signature(found, ValidationContext(trust_roots=[root], allow_fetching=False))


@pytest.mark.parametrize("kind", ["p256", "rsa"])
def test_other_readers_accept_it_and_it_stays_pdfa(plain, kind, tmp_path):
    signer = Signer(tmp_path, kind)
    data = signed(plain, signer.key, now=NOW)
    path = tmp_path / "signed.pdf"
    path.write_bytes(data)
    assert not plain.endswith(b"\n") and data.startswith(plain + b"\n")
    assert set(check(path, "3b").rules) == set()
    status = status_of(data, signer)
    assert status.valid and status.intact and status.trusted and status.coverage.name == "ENTIRE_FILE"


@pytest.mark.skipif(
    shutil.which("pdfsig") is None, reason="pdfsig is not installed: apt-get install poppler-utils"
)
@pytest.mark.parametrize("kind", ["p256", "rsa"])
def test_pdfsig_accepts_it_and_sees_one_changed_byte(plain, kind, tmp_path):
    data = signed(plain, Signer(tmp_path, kind).key, now=NOW)

    def told(content: bytes) -> str:
        (tmp_path / "s.pdf").write_bytes(content)
        done = subprocess.run(
            ["pdfsig", str(tmp_path / "s.pdf")], capture_output=True, text=True, check=False
        )
        return done.stdout

    assert "Signature is Valid" in told(data) and "Total document signed" in told(data)
    at = data.index(b"/Producer") + 12
    assert "Signature is Valid" not in told(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])


@pytest.mark.skipif(
    shutil.which("pyhanko") is None, reason="the CLI of pyHanko is not installed: pip install pyhanko-cli"
)
@pytest.mark.parametrize("kind", ["p256", "rsa"])
def test_the_command_of_pyhanko_accepts_it_and_sees_one_changed_byte(plain, kind, tmp_path):
    signer = Signer(tmp_path, kind)
    data = signed(plain, signer.key, now=NOW)
    (tmp_path / "root.pem").write_bytes(signer.root.public_bytes(serialization.Encoding.PEM))

    def told(content: bytes) -> str:
        (tmp_path / "s.pdf").write_bytes(content)
        trust = ("--trust", "root.pem", "--trust-replace", "--no-revocation-check")
        done = subprocess.run(
            ["pyhanko", "sign", "validate", *trust, "--pretty-print", "s.pdf"],
            capture_output=True, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip
        return done.stdout + done.stderr

    said = told(data)
    assert "The signature is judged VALID." in said and "ENTIRE_FILE" in said.replace(" ", "_").upper(), said
    at = data.index(b"/Producer") + 12
    assert "judged VALID" not in told(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])


def test_without_the_line_feed_it_would_be_no_pdfa(plain, tmp_path):
    path = tmp_path / "glued.pdf"
    path.write_bytes(_added(plain, Signer(tmp_path, "p256").key))
    assert set(check(path, "3b").rules) == {"6.1.9-1"}


def test_a_certificate_without_content_commitment_signs_as_well_but_is_not_trusted_by_all(plain, tmp_path):
    signer = Signer(tmp_path, "p256", commits=False)
    status = status_of(signed(plain, signer.key, now=NOW), signer)
    assert status.valid and status.intact and not status.trusted


def test_a_password_and_pkcs12_are_as_for_seals(plain, tmp_path):
    signer = Signer(tmp_path, "p256")
    path = tmp_path / "key.p12"
    protect = serialization.BestAvailableEncryption(b"geheim")
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(b"k", signer.private, signer.leaf, [signer.root], protect)
    )
    assert b"/ETSI.CAdES.detached" in signed(plain, load_signing_key(path, password=b"geheim"), now=NOW)


@pytest.mark.parametrize(
    ("kind", "details", "said"),
    [
        ("ed25519", {}, "this is a kind of key that no PDF is signed with"),
        ("p256", {"chain": False}, "has no certificate"),
        ("p256", {"days": (-20, -10)}, "is not valid now"),
        ("p256", {"days": (10, 20)}, "is not valid now"),
        ("p256", {"usage": False}, "may not sign"),
    ],
)
def test_keys_that_no_reader_would_accept_are_refused(kind, details, said, tmp_path):
    with pytest.raises(InputError) as refused:
        check_key(Signer(tmp_path, kind, **details).key, NOW)
    assert said in refused.value.render("en")


def test_a_right_key_is_not_refused(tmp_path):
    for kind in ("p256", "rsa"):
        check_key(Signer(tmp_path, kind).key, NOW)
