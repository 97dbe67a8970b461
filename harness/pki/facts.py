"""Facts of certificates, in the shape that recorded exchanges carry them."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.x509.oid import NameOID

from harness.core.run.exchanges import Certificate


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")


def key_name(certificate: x509.Certificate) -> str:
    """Kind and size of the public key: ``EC-256``, ``RSA-2048``, ``Ed25519`` …"""
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC-{key.key_size}"
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA-{key.key_size}"
    if isinstance(key, dsa.DSAPublicKey):
        return f"DSA-{key.key_size}"
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519"
    if isinstance(key, ed448.Ed448PublicKey):
        return "Ed448"
    return type(key).__name__


def dns_names(certificate: x509.Certificate) -> tuple[str, ...]:
    """The SAN dNSNames, in order."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return tuple(names.get_values_for_type(x509.DNSName))


def organisation(certificate: x509.Certificate) -> str:
    """Subject O, ``""`` when there is none (a domain validated certificate has none)."""
    values = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return _text(values[0].value) if values else ""


def oin_of(certificate: x509.Certificate) -> str:
    """The subject serial number (PKIoverheid: the OIN), ``""`` when absent."""
    values = certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
    return _text(values[0].value) if values else ""


def certificate_facts(der: bytes) -> Certificate | None:
    """Facts of a DER certificate; ``None`` when it cannot be parsed at all (the bytes are a stranger's)."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        return Certificate(
            subject=certificate.subject.rfc4514_string(),
            issuer=certificate.issuer.rfc4514_string(),
            serial=f"{certificate.serial_number:x}",
            dns_names=dns_names(certificate),
            not_before=certificate.not_valid_before_utc.isoformat().replace("+00:00", "Z"),
            not_after=certificate.not_valid_after_utc.isoformat().replace("+00:00", "Z"),
            sha256=certificate.fingerprint(hashes.SHA256()).hex(),
            key=key_name(certificate),
        )
    except ValueError:
        return None


def names_host(dns: tuple[str, ...], host: str, *, wildcard: bool = False) -> bool:
    """Whether SAN dNSNames name ``host``; a wildcard counts only when ``wildcard`` is set.

    Node hosts are compared with the Whitelist, which knows no wildcards (section 2.2 of the lists), so the
    default is exact, case-insensitive comparison.
    """
    lowered = host.lower().rstrip(".")
    for name in dns:
        candidate = name.lower().rstrip(".")
        if candidate == lowered:
            return True
        if wildcard and candidate.startswith("*.") and lowered.partition(".")[2] == candidate[2:]:
            return True
    return False
