"""Checks of the network file that need no connection: names, certificates, secrets, persons."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from harness.core.errors import ConfigurationError, nearest
from harness.core.standards.table import standards
from harness.core.text import Text
from harness.core.verdicts import Blame
from harness.medmij import releases, urls
from harness.network.doctor.connection import ROOT_AGAIN
from harness.network.doctor.diagnosis import Diagnosis, fine, problem
from harness.network.file import Network, Participant
from harness.network.file.model import Credential
from harness.pki.facts import dns_names, names_host

SOON = timedelta(days=30)


def examine_file(network: Network, now: datetime) -> Iterator[Diagnosis]:
    """Everything that the network file itself can get wrong."""
    yield from _trust(network, now)
    for item in network.participants:
        yield from _names(network, item)
        if item.certificate:
            yield from certificate(network, item, now)
        yield from _secrets(network, item)
    yield from _persons(network)


def _names(network: Network, item: Participant) -> Iterator[Diagnosis]:
    known = list(standards())
    for name in item.standards:
        if name not in known:
            hint = nearest(name, known)
            yield problem(
                "standard-unknown",
                item.id,
                Blame.CONFIGURATION,
                Text(nl=f"onbekende standaard '{name}'", en=f"unknown standard '{name}'"),
                Text(
                    nl=f"standards: kies {hint or ', '.join(known)}",
                    en=f"standards: use {hint or ', '.join(known)}",
                ),
                where=network.path,
            )
    for name in item.releases:
        if name not in releases.release_ids():
            yield problem(
                "release-unknown",
                item.id,
                Blame.CONFIGURATION,
                Text(nl=f"onbekende release '{name}'", en=f"unknown release '{name}'"),
                Text(nl=f"releases: {releases.release_ids()}", en=f"releases: {releases.release_ids()}"),
                where=network.path,
            )
    if item.role == "pgo":
        yield from _redirect(network, item)


def _redirect(network: Network, item: Participant) -> Iterator[Diagnosis]:
    issues = urls.check_redirect_uri(item.redirect, item.pgo_host)
    if not issues:
        what = Text(nl="redirect_uri past bij client_id", en="redirect_uri fits client_id")
        yield fine("redirect-uri", item.id, what, item.redirect)
    for issue in issues:
        yield problem(
            "redirect-uri",
            item.id,
            Blame.CONFIGURATION,
            issue.message,
            Text(
                nl=f"redirect_uri: https://{item.pgo_host}/… (de host is de client_id, zonder poort)",
                en=f"redirect_uri: https://{item.pgo_host}/… (its host is the client_id, without a port)",
            ),
            where=item.redirect,
            detail=f"{issue.expected} / {issue.received}",
        )


def _trust(network: Network, now: datetime) -> Iterator[Diagnosis]:
    if isinstance(network.trust, str):
        return
    for name in network.trust:
        path = network.base / name
        for anchor in x509.load_pem_x509_certificates(path.read_bytes()):
            if _signs_nothing(anchor):
                yield problem(
                    "root-without-key-usage",
                    "harness",
                    Blame.CONFIGURATION,
                    Text(
                        nl="vertrouwensanker zonder keyUsage; wat het ondertekent wordt geweigerd (RFC 5280)",
                        en="trust anchor without keyUsage; what it signs is refused (RFC 5280)",
                    ),
                    ROOT_AGAIN,
                    where=str(path),
                    detail=anchor.subject.rfc4514_string(),
                )
            if anchor.not_valid_after_utc < now:
                yield problem(
                    "trust-expired",
                    "harness",
                    Blame.CONFIGURATION,
                    Text(nl="vertrouwensanker is verlopen", en="trust anchor has expired"),
                    Text(nl="trust: vervang dit certificaat", en="trust: replace this certificate"),
                    where=str(path),
                    detail=f"{anchor.subject.rfc4514_string()} {anchor.not_valid_after_utc:%Y-%m-%d}",
                )


def _signs_nothing(anchor: x509.Certificate) -> bool:
    """Whether a certificate is of a CA (or of version 1) and does not say that it may sign."""
    try:
        usage = anchor.extensions.get_extension_for_class(x509.KeyUsage).value
        return not usage.key_cert_sign and _is_ca(anchor)
    except x509.ExtensionNotFound:
        return _is_ca(anchor)


def _is_ca(anchor: x509.Certificate) -> bool:
    try:
        return anchor.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return anchor.issuer == anchor.subject


def certificate(network: Network, item: Participant, now: datetime) -> Iterator[Diagnosis]:
    """The client certificate that our side presents for a participant."""
    path = network.base / item.certificate
    try:
        leaf = x509.load_pem_x509_certificates(path.read_bytes())[0]
        key_path = network.base / item.key if item.key else path
        key = load_pem_private_key(_key_block(key_path), password=None)
    except (OSError, ValueError, IndexError, TypeError) as error:
        yield problem(
            "certificate-unreadable",
            item.id,
            Blame.CONFIGURATION,
            Text(nl="certificaat of sleutel is niet te lezen", en="certificate or key cannot be read"),
            Text(
                nl="certificate/key: geef PEM-bestanden; de sleutel zonder wachtwoord",
                en="certificate/key: name PEM files; the key without a password",
            ),
            where=str(path),
            detail=str(error),
        )
        return
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*form) != leaf.public_key().public_bytes(*form):
        yield problem(
            "certificate-key-mismatch",
            item.id,
            Blame.CONFIGURATION,
            Text(nl="sleutel hoort niet bij het certificaat", en="key does not belong to the certificate"),
            Text(nl="key: geef de sleutel van dit certificaat", en="key: name the key of this certificate"),
            where=str(path),
        )
    yield from _validity(item, leaf, path, now)
    if item.role == "pgo" and not names_host(dns_names(leaf), item.pgo_host):
        yield problem(
            "certificate-host",
            item.id,
            Blame.CONFIGURATION,
            Text(
                nl="het clientcertificaat noemt een andere host dan client_id",
                en="the client certificate names another host than client_id",
            ),
            Text(
                nl=f"certificate: gebruik een certificaat met SAN {item.pgo_host}",
                en=f"certificate: use a certificate with SAN {item.pgo_host}",
            ),
            where=str(path),
            detail=", ".join(dns_names(leaf)) or "geen SAN / no SAN",
        )


def _key_block(path: Path) -> bytes:
    data = path.read_bytes()
    start = data.find(b"-----BEGIN", data.find(b"PRIVATE KEY-----") - 40)
    return data[max(start, 0) :]


def _validity(item: Participant, leaf: x509.Certificate, path: Path, now: datetime) -> Iterator[Diagnosis]:
    until, since = leaf.not_valid_after_utc, leaf.not_valid_before_utc
    detail = f"{since:%Y-%m-%d} … {until:%Y-%m-%d}"
    if until < now or since > now:
        yield problem(
            "certificate-expired" if until < now else "certificate-not-yet-valid",
            item.id,
            Blame.CONFIGURATION,
            Text(nl="het eigen certificaat is nu niet geldig", en="our certificate is not valid now"),
            Text(nl="certificate: vervang dit certificaat", en="certificate: replace this certificate"),
            where=str(path),
            detail=detail,
        )
    elif until - now < SOON:
        yield problem(
            "certificate-expires-soon",
            item.id,
            Blame.CONFIGURATION,
            Text(
                nl="het eigen certificaat verloopt binnen 30 dagen",
                en="our certificate expires within 30 days",
            ),
            Text(
                nl="certificate: vraag een nieuw certificaat aan", en="certificate: request a new certificate"
            ),
            where=str(path),
            detail=detail,
            level="note",
        )
    else:
        what = Text(nl="certificaat is geldig", en="certificate is valid")
        yield fine("certificate", item.id, what, str(path), detail)


def _secrets(network: Network, item: Participant) -> Iterator[Diagnosis]:
    credentials: list[tuple[str, Credential]] = [("credential", item.credential)] if item.credential else []
    if item.role == "dvza" and item.login == "tokens":
        credentials += [
            (f"persons.{person.id}.token", person.token) for person in network.persons if person.token
        ]
        if not any(person.token for person in network.persons):
            yield problem(
                "token-missing",
                item.id,
                Blame.CONFIGURATION,
                Text(
                    nl="login: tokens, maar geen persoon heeft een token",
                    en="login: tokens, but no person has a token",
                ),
                Text(nl="persons: voeg token: {env: NAAM} toe", en="persons: add token: {env: NAME}"),
                where=network.path,
            )
    for name, credential in credentials:
        try:
            credential.read(network.base)
        except ConfigurationError as error:
            yield problem(
                "secret-missing",
                item.id,
                Blame.CONFIGURATION,
                error.message,
                Text(nl=f"{name}: zet {error.where}", en=f"{name}: set {error.where}"),
                where=error.where,
            )


def _persons(network: Network) -> Iterator[Diagnosis]:
    for item in network.of_role("his"):
        if item.kind == "live" and not network.persons:
            yield problem(
                "persons-missing",
                item.id,
                Blame.CONFIGURATION,
                Text(
                    nl="geen testpersonen opgegeven voor een live HIS",
                    en="no test persons declared for a live HIS",
                ),
                Text(
                    nl="persons: noem de testpersonen; andere gegevens worden gemaskeerd",
                    en="persons: declare the test persons; other data is masked",
                ),
                where=network.path,
                level="note",
            )
