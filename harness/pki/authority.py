"""Test certificate authorities: private root → issuing CA → leaf, front channel and back channel apart.

The shape follows PKIoverheid private services certificates (core.tls.314): the organisation's OIN in the
subject serial number, host names only as SAN dNSName, subject and authority key identifiers, critical
``keyUsage``, extended key usage for server *and* client, so that one certificate can serve both sides of
mutual TLS. OpenSSL's strict X.509 checks (on by default from Python 3.13) accept the chains.

Keys are P-256 (fast) unless a fault asks otherwise. Nothing here reads the wall clock: the caller gives
``now``; certificates are valid from a day earlier.
"""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from harness.core.errors import InputError, UsageError, nearest
from harness.core.text import Text

Channel = Literal["front", "back"]
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
KeyKind = Literal["ec", "rsa", "rsa-weak"]

POLICY_OV: Final = "2.23.140.1.2.2"
"""Organisation validated (CA/Browser Forum), what core.tls.315 asks of the front channel."""
POLICY_PRIVATE: Final = "2.16.528.1.1003.1.2.8.6"
"""PKIoverheid private services, server: what the back channel certificates carry."""
LEAF_DAYS: Final = 90
CA_DAYS: Final = 3650

FAULTS: Final[dict[str, Text]] = {
    "expired": Text(nl="certificaat is verlopen", en="certificate has expired"),
    "not-yet-valid": Text(nl="certificaat is nog niet geldig", en="certificate is not valid yet"),
    "wrong-host": Text(nl="certificaat staat op een andere hostnaam", en="certificate names another host"),
    "wildcard": Text(nl="certificaat heeft een wildcardnaam", en="certificate has a wildcard name"),
    "untrusted": Text(
        nl="certificaat van een onbekende uitgever", en="certificate of an issuer outside the trust anchors"
    ),
    "self-signed": Text(nl="certificaat ondertekende zichzelf", en="certificate signed itself"),
    "weak-key": Text(nl="certificaat met een te korte sleutel (RSA 1024)", en="certificate with a short key"),
    "no-san": Text(nl="certificaat zonder SAN dNSName", en="certificate without SAN dNSName"),
    "no-organisation": Text(
        nl="certificaat zonder organisatie (alleen domein gevalideerd)",
        en="certificate without organisation (domain validated only)",
    ),
    "wrong-channel": Text(
        nl="certificaat uit de hiërarchie van het andere kanaal",
        en="certificate from the hierarchy of the other channel",
    ),
}
"""Faulty certificates by name. A missing client certificate and a host that is not on the whitelist are
faults of a flow, not of a certificate."""


@dataclass(frozen=True)
class Identity:
    """A leaf certificate with its chain and private key.

    :ivar name: file-safe name.
    :ivar hosts: the SAN dNSNames (empty for ``no-san``).
    :ivar chain: PEM: leaf first, then the issuing CA (roots are never sent).
    :ivar key: PEM of the private key (PKCS#8, not encrypted). Never log or record it.
    :ivar fault: name from :data:`FAULTS` or ``""``.
    """

    name: str
    hosts: tuple[str, ...]
    chain: bytes
    key: bytes = field(repr=False)
    fault: str = ""

    @property
    def leaf(self) -> x509.Certificate:
        """The leaf certificate."""
        return x509.load_pem_x509_certificate(self.chain)

    @property
    def der(self) -> bytes:
        """The leaf certificate as DER."""
        return self.leaf.public_bytes(serialization.Encoding.DER)

    @property
    def thumbprint(self) -> str:
        """SHA-256 of the DER leaf, lower-case hex."""
        return hashlib.sha256(self.der).hexdigest()

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write ``<name>.pem`` (chain) and ``<name>.key`` (mode 0600) and return both paths."""
        folder.mkdir(parents=True, exist_ok=True)
        certificate, key = folder / f"{self.name}.pem", folder / f"{self.name}.key"
        certificate.write_bytes(self.chain)
        write_private(key, self.key)
        return certificate, key


def write_private(path: Path, data: bytes) -> None:
    """Write a private key so that only its owner can read it, from the first byte on."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)


def oin(organisation: str) -> str:
    """A stable, made-up OIN (20 digits: prefix ``00000099`` of the test range, number, ``0000``)."""
    number = int.from_bytes(hashlib.sha256(organisation.encode()).digest()[:8], "big") % 10**8
    return f"00000099{number:08d}0000"


def _new_key(kind: KeyKind) -> PrivateKey:
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    # The weak key exists to be refused: it is a named fault, never a default.
    return rsa.generate_private_key(public_exponent=65537, key_size=1024 if kind == "rsa-weak" else 2048)


def _key_pem(key: PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _usage(*, ca: bool, rsa_key: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=rsa_key and not ca,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass(frozen=True)
class Authority:
    """One certificate authority (root or issuing)."""

    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)

    @classmethod
    def root(cls, name: str, now: datetime) -> Authority:
        """A self-signed root."""
        return cls._create(name, now, None, path_length=1)

    def issue_authority(self, name: str, now: datetime) -> Authority:
        """An issuing CA under this one (path length 0)."""
        return self._create(name, now, self, path_length=0)

    @classmethod
    def _create(cls, name: str, now: datetime, parent: Authority | None, path_length: int) -> Authority:
        key = _new_key("ec")
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "NL"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Harness TEST PKI"),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        )
        signing_key = parent.key if parent else key
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(parent.certificate.subject if parent else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=CA_DAYS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
            .add_extension(_usage(ca=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False
            )
        )
        return cls(builder.sign(signing_key, hashes.SHA256()), key)

    def issue(
        self,
        organisation: str,
        hosts: tuple[str, ...],
        now: datetime,
        *,
        key: PrivateKey,
        policy: str,
        start: timedelta = timedelta(days=-1),
        days: int = LEAF_DAYS,
        san: bool = True,
        self_signed: bool = False,
    ) -> x509.Certificate:
        """A leaf for ``hosts``; the first one is also the common name, as real certificates do."""
        names = [x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:64])]
        if organisation:  # a domain validated certificate has none
            names = [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "NL"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
                *names,
                x509.NameAttribute(NameOID.SERIAL_NUMBER, oin(organisation)),
            ]
        subject = x509.Name(names)
        signer = key if self_signed else self.key
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if self_signed else self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + start)
            .not_valid_after(now + start + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(ca=False, rsa_key=isinstance(key, rsa.RSAPrivateKey)), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
            .add_extension(
                x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(policy), None)]),
                critical=False,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
            )
        )
        if san:
            alternatives = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
            builder = builder.add_extension(alternatives, critical=False)
        return builder.sign(signer, hashes.SHA256())


@dataclass(frozen=True)
class Hierarchy:
    """The root and the issuing CA of one channel."""

    channel: Channel
    root: Authority
    issuing: Authority

    @property
    def trust(self) -> bytes:
        """PEM of the root: the trust anchor to install."""
        return _pem(self.root.certificate)


def _hierarchy(channel: Channel, now: datetime, label: str = "") -> Hierarchy:
    kind = "Private" if channel == "back" else "Frontchannel OV"
    root = Authority.root(f"Harness TEST {label}{kind} Root CA - G1", now)
    return Hierarchy(channel, root, root.issue_authority(f"Harness TEST {label}{kind} Services CA - G1", now))


class TestPki:
    """Both hierarchies plus an untrusted one; issues and caches identities.

    Thread-safe. Two calls with the same arguments give the same identity within one object.
    """

    __test__ = False  # not a pytest class

    def __init__(self, now: datetime) -> None:
        """:param now: instant around which certificates are valid (time-zone aware)."""
        if now.tzinfo is None:
            raise ValueError("the test PKI needs a time zone aware instant")
        self.now = now.replace(microsecond=0)
        self.front = _hierarchy("front", self.now)
        self.back = _hierarchy("back", self.now)
        self._stranger: Hierarchy | None = None
        self._cache: dict[tuple[object, ...], Identity] = {}
        self._lock = threading.RLock()

    def hierarchy(self, channel: Channel) -> Hierarchy:
        """The hierarchy of a channel."""
        return self.front if channel == "front" else self.back

    def trust(self, channel: Channel | None = None) -> bytes:
        """PEM trust anchors: of one channel, or of both."""
        if channel is None:
            return self.front.trust + self.back.trust
        return self.hierarchy(channel).trust

    def identity(
        self,
        host: str,
        *,
        channel: Channel = "back",
        organisation: str = "",
        hosts: tuple[str, ...] = (),
        key: KeyKind = "ec",
        fault: str = "",
    ) -> Identity:
        """Certificate and key for ``host``, for servers and clients alike.

        :param organisation: subject O (default: the host); its OIN stands in the serial number.
        :param hosts: further SAN names.
        :param fault: a name from :data:`FAULTS`.
        :raises UsageError: unknown fault.
        """
        if fault and fault not in FAULTS:
            raise UsageError(
                Text(nl=f"onbekende certificaatfout '{fault}'", en=f"unknown certificate fault '{fault}'"),
                expected=", ".join(FAULTS),
                next_step=nearest(fault, FAULTS),
            )
        names = (host, *(extra for extra in hosts if extra != host))
        cache_key = (names, channel, organisation, key, fault)
        with self._lock:
            if cache_key not in self._cache:
                self._cache[cache_key] = self._issue(names, channel, organisation or host, key, fault)
            return self._cache[cache_key]

    def server(self, host: str, *, channel: Channel = "back", fault: str = "") -> Identity:
        """A server certificate; see :meth:`identity`."""
        return self.identity(host, channel=channel, fault=fault)

    def client(self, host: str, *, fault: str = "") -> Identity:
        """A back-channel client certificate for a node with this host name."""
        return self.identity(host, channel="back", fault=fault)

    def _issue(
        self, hosts: tuple[str, ...], channel: Channel, organisation: str, kind: KeyKind, fault: str
    ) -> Identity:
        hierarchy = self.hierarchy(channel)
        start, days, san = timedelta(days=-1), LEAF_DAYS, True
        if fault == "expired":
            start, days = timedelta(days=-40), 30
        elif fault == "not-yet-valid":
            start = timedelta(days=30)
        elif fault == "wrong-host":
            hosts = (f"elders.{hosts[0].split('.', 1)[-1]}",)
        elif fault == "wildcard":
            hosts = (f"*.{hosts[0].split('.', 1)[-1]}",)
        elif fault == "untrusted":
            hierarchy = self._untrusted()
        elif fault == "wrong-channel":
            hierarchy = self.hierarchy("front" if channel == "back" else "back")
        elif fault == "weak-key":
            kind = "rsa-weak"
        elif fault == "no-san":
            san = False
        elif fault == "no-organisation":
            organisation = ""
        key = _new_key(kind)
        leaf = hierarchy.issuing.issue(
            organisation,
            hosts,
            self.now,
            key=key,
            policy=POLICY_OV if hierarchy.channel == "front" else POLICY_PRIVATE,
            start=start,
            days=days,
            san=san,
            self_signed=fault == "self-signed",
        )
        chain = _pem(leaf) + (b"" if fault == "self-signed" else _pem(hierarchy.issuing.certificate))
        digest = hashlib.sha256(repr((hosts, channel, kind, fault)).encode()).hexdigest()[:6]
        name = "-".join(part for part in (hosts[0].replace("*", "wildcard"), channel, fault, digest) if part)
        return Identity(name, hosts if san else (), chain, _key_pem(key), fault)

    def _untrusted(self) -> Hierarchy:
        if self._stranger is None:
            self._stranger = _hierarchy("back", self.now, "Stranger ")
        return self._stranger


def save(pki: TestPki, folder: Path) -> None:
    """Write both hierarchies to ``folder`` (keys 0600) so that another process can issue under them."""
    folder.mkdir(parents=True, exist_ok=True)
    for hierarchy in (pki.front, pki.back):
        for part, authority in (("root", hierarchy.root), ("issuing", hierarchy.issuing)):
            (folder / f"{hierarchy.channel}-{part}.pem").write_bytes(_pem(authority.certificate))
            write_private(folder / f"{hierarchy.channel}-{part}.key", _key_pem(authority.key))


def load(folder: Path, now: datetime) -> TestPki:
    """A test PKI that was written by :func:`save`.

    :raises InputError: a file is missing or no certificate or key.
    """
    pki = TestPki.__new__(TestPki)
    pki.now = now.replace(microsecond=0)
    pki._stranger, pki._cache, pki._lock = None, {}, threading.RLock()
    for channel in ("front", "back"):
        parts = []
        for part in ("root", "issuing"):
            path = folder / f"{channel}-{part}.pem"
            try:
                certificate = x509.load_pem_x509_certificate(path.read_bytes())
                key = serialization.load_pem_private_key(path.with_suffix(".key").read_bytes(), None)
            except (OSError, ValueError) as error:
                raise InputError(
                    Text(nl="test-CA kan niet worden gelezen", en="test CA cannot be read"),
                    where=str(path),
                    received=str(error),
                ) from None
            if not isinstance(key, ec.EllipticCurvePrivateKey):
                raise InputError(Text(nl="geen EC-sleutel", en="not an EC key"), where=str(path))
            parts.append(Authority(certificate, key))
        setattr(pki, channel, Hierarchy(channel, parts[0], parts[1]))
    return pki
