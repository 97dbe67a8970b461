"""Keys, certificates and statements for the tests of seals."""

from __future__ import annotations

from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID
from evidencekit import NOW

from harness.record.seal.statement import Party, RunFacts, Summary, summarise

KEYS = {
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "rsa": lambda: rsa.generate_private_key(65537, 3072),
}


def pem(key: object, password: bytes | None = None) -> bytes:
    """A private key as PEM."""
    protect = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protect)  # type: ignore[attr-defined]


def public_pem(key: object) -> bytes:
    """The public key of a private key, as PEM."""
    return key.public_key().public_bytes(  # type: ignore[attr-defined]
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def certificate_pem(*certificates: x509.Certificate) -> bytes:
    """Certificates as PEM, one after the other."""
    return b"".join(item.public_bytes(serialization.Encoding.PEM) for item in certificates)


class Authority:
    """A certificate authority for document signing."""

    def __init__(self, name: str = "Test Root", above: Authority | None = None) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._make(
            name, self.key.public_key(), above, ca=True, start=-400, days=4000, usage=True
        )

    def leaf(
        self, key: object, *, start: int = -10, days: int = 300, usage: bool = True, name: str = "Bureau"
    ) -> x509.Certificate:
        """A certificate for a key; days relative to :data:`NOW`."""
        return self._make(name, key.public_key(), self, ca=False, start=start, days=days, usage=usage)  # type: ignore[attr-defined]

    def _make(
        self,
        name: str,
        public: object,
        above: Authority | None,
        *,
        ca: bool,
        start: int,
        days: int,
        usage: bool,
    ) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer_key = above.key if above else self.key
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(above.certificate.subject if above else subject)
            .public_key(public)  # type: ignore[arg-type]
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW + timedelta(days=start))
            .not_valid_after(NOW + timedelta(days=start + days))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)  # type: ignore[arg-type]
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
            )
            .add_extension(
                x509.KeyUsage(
                    digital_signature=usage and not ca,
                    content_commitment=False,
                    key_encipherment=not usage,
                    data_encipherment=False,
                    key_agreement=False,
                    key_cert_sign=ca,
                    crl_sign=ca,
                    encipher_only=False,
                    decipher_only=False,
                ),
                critical=True,
            )
        )
        return builder.sign(issuer_key, hashes.SHA256())


FACTS = RunFacts(
    started="2026-03-01T11:00:00+00:00",
    finished="2026-03-01T11:30:00+00:00",
    harness="0.1.0",
    catalogue="c" * 64,
    parties=(Party(id="his-a", role="his", kind="live", vendor="V", product="P", version="1"),),
    record={"tester": "bureau"},
    asked={"standards": ["huisartsgegevens-2.0"]},
    partial=False,
    outcome={"his-a": "conforms"},
    counts={"his-a": {"met": 3}},
    valid_until="2027-03-01",
)


def summary() -> Summary:
    """The summary of a run in which all is well."""
    return summarise(
        conforms=[True],
        passed=["HG-PAT-001"],
        warned=[],
        failed=[],
        configuration={"catalogue": "c" * 64, "network": "d" * 64},
    )
