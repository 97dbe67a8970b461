"""Keys: Ed25519, ECDSA P-256 or RSA of at least 2048 bits, from PEM or PKCS#12, with their certificates.

The *key id* is the one of the DSSE envelope, a hash of the public key and its scheme; it is what a register
of keys names a signer by.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Final, cast

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from securesystemslib.signer import CryptoSigner, SSlibKey

from harness.core.errors import InputError
from harness.core.run.place import disk
from harness.core.run.problems import short
from harness.core.text import Text

MAX_FILE: Final = 1024 * 1024
RSA_BITS: Final = 2048
KINDS: Final = "Ed25519, ECDSA P-256, RSA ≥ 2048"

PrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PublicKey = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey
_CERTIFICATE: Final = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_UNREADABLE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
_PRIVATE: Final = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----")


@dataclass(frozen=True)
class SigningKey:
    """A key to sign with.

    :ivar certificates: leaf first; may be empty.
    """

    private: PrivateKey
    public: SSlibKey
    certificates: tuple[x509.Certificate, ...] = ()

    @cached_property
    def signer(self) -> CryptoSigner:
        """What signs a seal with it."""
        return CryptoSigner(self.private, self.public)

    @property
    def keyid(self) -> str:
        """Key id of the public key."""
        return self.public.keyid

    def check_time(self, now: datetime) -> None:
        """Whether its certificate, if it has one, is valid.

        :raises InputError: it is not.
        """
        leaf = self.certificates[0] if self.certificates else None
        if leaf is not None and not leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc:
            raise InputError(
                Text(nl="het certificaat is nu niet geldig", en="the certificate is not valid now"),
                where=leaf.subject.rfc4514_string(),
                expected=f"{leaf.not_valid_before_utc.isoformat()} – {leaf.not_valid_after_utc.isoformat()}",
                received=now.isoformat(),
            )


def public_key(key: object, where: str) -> SSlibKey:
    """A public key of ``cryptography`` with its key id.

    :raises InputError: another kind of key, or a short one.
    """
    if (
        isinstance(key, ed25519.Ed25519PublicKey)
        or (isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1))
        or (isinstance(key, rsa.RSAPublicKey) and key.key_size >= RSA_BITS)
    ):
        return SSlibKey.from_crypto(key)
    raise InputError(
        Text(
            nl="is een soort sleutel waarmee niet wordt gezegeld",
            en="is a kind of key that is not used for seals",
        ),
        where=where,
        expected=KINDS,
        received=_describe(key),
    )


def _describe(key: object) -> str:
    name = type(key).__name__.removesuffix("PublicKey")
    size = getattr(key, "key_size", "")
    return f"{name} {size}".strip()


def load_signing_key(
    path: Path, *, password: bytes | None = None, certificates: Path | None = None
) -> SigningKey:
    """The key of a file: PEM (certificates may follow it) or PKCS#12.

    :param certificates: PEM file with the certificate of the key and those above it, leaf first; without it
        those in the key's own file are used.
    :raises InputError: no key, another kind, a wrong password, a certificate of another key.
    """
    data = disk.read(path, MAX_FILE)
    try:
        if b"-----BEGIN" in data:
            private = serialization.load_pem_private_key(data, password)
            chain = read_certificates(data, str(path))
        else:
            found, leaf, above = pkcs12.load_key_and_certificates(data, password)
            if found is None:
                raise ValueError("no private key")
            private = found
            chain = ((leaf,) if leaf else ()) + tuple(above)
    except _UNREADABLE as error:
        raise InputError(
            Text(
                nl="kan niet als sleutel worden gelezen (PEM of PKCS#12), of het wachtwoord klopt niet",
                en="cannot be read as a key (PEM or PKCS#12), or the password is wrong",
            ),
            where=str(path),
            received=short(error),
        ) from None
    if certificates is not None:
        chain = read_certificates(disk.read(certificates, MAX_FILE), str(certificates))
    public = public_key(private.public_key(), str(path))
    if chain and public_key(chain[0].public_key(), str(certificates or path)).keyid != public.keyid:
        raise InputError(
            Text(nl="is het certificaat van een andere sleutel", en="is the certificate of another key"),
            where=str(certificates or path),
            received=chain[0].subject.rfc4514_string(),
        )
    return SigningKey(cast(PrivateKey, private), public, chain)  # public_key refuses other kinds


def read_certificates(data: bytes, where: str) -> tuple[x509.Certificate, ...]:
    """The certificates in PEM text, in their order; other blocks are left out.

    A certificate is read to its last field here, so that nothing in a foreign one can fail later.

    :raises InputError: a block is damaged, or of a kind that cannot be read.
    """
    found = []
    try:
        for block in _CERTIFICATE.findall(data):
            certificate = x509.load_pem_x509_certificate(block)
            certificate.subject.rfc4514_string()
            certificate.issuer.rfc4514_string()
            certificate.public_key()
            list(certificate.extensions)
            found.append(certificate)
    except _UNREADABLE as error:
        raise InputError(
            Text(nl="bevat een beschadigd certificaat", en="holds a damaged certificate"),
            where=where,
            received=short(error),
        ) from None
    return tuple(found)


def holds_private_key(data: bytes) -> bool:
    """Whether PEM text holds a private key, which does not belong among trusted keys."""
    return bool(_PRIVATE.search(data))
