"""Whose signature is believed: public keys, certificates, and authorities, from files or a folder.

* A public key, or a certificate that is no authority: that key itself is trusted.
* A certificate of an authority: keys with a certificate from it are trusted, when that certificate may sign
  documents (key usage *digital signature*) and was valid both when it signed and now.
* ``register.yaml``: whose a key is (:mod:`harness.record.seal.register`).
* ``revoked.txt`` (one key id per line, ``#`` starts a remark): those keys are refused, whoever vouches for
  them. Nothing else tells of a revocation: there is no network.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import verification
from securesystemslib.signer import Key

from harness.core.errors import InputError
from harness.core.run.place import disk
from harness.core.run.problems import EvidenceError, ProblemKind, short
from harness.core.text import Text
from harness.record.seal.keys import MAX_FILE, holds_private_key, public_key, read_certificates
from harness.record.seal.register import REGISTER, REVOKED, Owner, read_register

SUFFIXES: Final = frozenset({".pem", ".crt", ".cer", ".pub", ".key"})
MAX_FILES: Final = 1000
_SKEW: Final = timedelta(minutes=15)
"""How far the clocks of who signs and who verifies may be apart."""
_KEYID: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class TrustedKey:
    """A key that is trusted by itself.

    :ivar certificate: the one it was read from, whose validity then counts.
    :ivar source: name of its file.
    """

    key: Key
    source: str
    certificate: x509.Certificate | None = None


@dataclass(frozen=True)
class Trust:
    """Trusted keys by key id, authorities, revoked key ids with the remark in the register, and owners.

    :ivar owners: by key id, ``None``: there is no register, and every trusted key may sign everything.
    """

    keys: Mapping[str, TrustedKey] = field(default_factory=dict)
    authorities: Sequence[x509.Certificate] = ()
    revoked: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[str, Owner] | None = None


def load_trust(paths: Iterable[Path]) -> Trust:
    """Trust from files and folders (in a folder: PEM files by their suffix, and ``revoked.txt``).

    :raises InputError: a file is absent, damaged, or holds a private key; nothing was found at all.
    """
    keys: dict[str, TrustedKey] = {}
    authorities: list[x509.Certificate] = []
    revoked: dict[str, str] = {}
    owners: dict[str, Owner] | None = None
    named = list(paths)
    for path in (item for name in named for item in _files(name)):
        data = disk.read(path, MAX_FILE)
        if path.name == REVOKED:
            revoked |= _read_revoked(data, str(path))
            continue
        if path.name == REGISTER:
            owners = (owners or {}) | read_register(path)
            continue
        for key in _read_keys(data, path):
            keys[key.key.keyid] = key
        for certificate in read_certificates(data, str(path)):
            if _is_authority(certificate):
                authorities.append(certificate)
            else:
                key = TrustedKey(public_key(certificate.public_key(), str(path)), path.name, certificate)
                keys[key.key.keyid] = key
    if not keys and not authorities:
        raise InputError(
            Text(nl="bevat geen sleutel of certificaat", en="holds no key or certificate"),
            where=", ".join(str(path) for path in named),
            expected="PEM",
        )
    return Trust(keys, authorities, revoked, owners)


def key_ids(path: Path) -> list[str]:
    """Ids of the keys and certificates in a file, authorities left out.

    :raises InputError: see :func:`load_trust`.
    """
    return sorted(load_trust([path]).keys)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(
        item for item in path.iterdir() if item.suffix.lower() in SUFFIXES or item.name in (REVOKED, REGISTER)
    )
    if len(found) > MAX_FILES:
        raise InputError(
            Text(nl="bevat te veel bestanden", en="holds too many files"),
            where=str(path),
            expected=f"≤ {MAX_FILES}",
        )
    return found


def _read_keys(data: bytes, path: Path) -> list[TrustedKey]:
    """The public key of a PEM file; a file with certificates only has none."""
    if holds_private_key(data):
        raise InputError(
            Text(
                nl="bevat een geheime sleutel; die hoort niet bij de vertrouwde sleutels",
                en="holds a private key; that does not belong among the trusted keys",
            ),
            where=str(path),
        )
    if b"-----BEGIN CERTIFICATE-----" in data:
        return []
    try:
        return [TrustedKey(public_key(serialization.load_pem_public_key(data), str(path)), path.name)]
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError(
            Text(nl="is geen publieke sleutel of certificaat", en="is no public key or certificate"),
            where=str(path),
            expected="PEM",
            received=short(error),
        ) from None


def _read_revoked(data: bytes, where: str) -> dict[str, str]:
    found = {}
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        keyid, _, remark = line.partition("#")
        if not keyid.strip():
            continue
        if not _KEYID.fullmatch(keyid.strip()):
            raise InputError(
                Text(nl="is geen sleutel-id", en="is no key id"),
                where=f"{where}, line {number}",
                expected="64 hex",
                received=short(keyid),
            )
        found[keyid.strip()] = remark.strip()
    return found


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def key_of_signer(trust: Trust, keyid: str, chain: Sequence[x509.Certificate], where: str) -> Key:
    """The public key that a signature must be checked with; whether it is believed says :func:`check_trust`.

    :raises EvidenceError: nobody knows a key with this id.
    """
    known = trust.keys.get(keyid)
    if known is not None:
        return known.key
    if chain:
        with contextlib.suppress(InputError):
            key = public_key(chain[0].public_key(), where)
            if key.keyid == keyid:
                return key
    raise _untrusted(where, keyid)


def check_trust(
    trust: Trust,
    keyid: str,
    chain: Sequence[x509.Certificate],
    *,
    signed: datetime,
    now: datetime,
    where: str,
) -> str:
    """Whether a key is believed; gives by what (file of the key, or subject of the authority).

    :param chain: certificates beside the envelope, leaf first; the leaf is of this key.
    :param signed: when it signed, by its own word.
    :raises EvidenceError: revoked, signed in the future, unknown, or not valid at one of the two moments.
    """
    ids = [keyid, *_ids_of(chain)]
    for revoked in ids:
        if revoked in trust.revoked:
            raise EvidenceError(
                ProblemKind.REVOKED,
                Text(nl="is ondertekend met een ingetrokken sleutel", en="was signed with a revoked key"),
                where=where,
                received=f"{revoked} {short(trust.revoked[revoked])}".strip(),
            )
    if signed > now + _SKEW:
        raise EvidenceError(
            ProblemKind.VALIDITY,
            Text(
                nl="is volgens zichzelf in de toekomst ondertekend: een van de klokken loopt niet gelijk",
                en="was signed in the future by its own word: one of the clocks is wrong",
            ),
            where=where,
            expected=f"≤ {now.astimezone(UTC).isoformat()}",
            received=signed.astimezone(UTC).isoformat(),
        )
    known = trust.keys.get(keyid)
    if known is not None:
        if known.certificate is not None:
            _check_validity(known.certificate, signed, now, where)
        return known.source
    if not chain or not trust.authorities:
        raise _untrusted(where, keyid)
    _check_validity(chain[0], signed, now, where)
    _check_usage(chain[0], where)
    for moment in (signed, now):
        anchor = _check_chain(trust.authorities, chain, moment, where)
    return anchor


def _ids_of(chain: Sequence[x509.Certificate]) -> list[str]:
    found = []
    for certificate in chain:
        with contextlib.suppress(InputError):  # an authority may have a key that no seal is made with
            found.append(public_key(certificate.public_key(), "").keyid)
    return found


def _check_validity(certificate: x509.Certificate, signed: datetime, now: datetime, where: str) -> None:
    start, stop = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    for moment, message in (
        (
            signed,
            Text(
                nl="het certificaat was niet geldig toen ermee werd ondertekend",
                en="the certificate was not valid when it signed",
            ),
        ),
        (now, Text(nl="het certificaat is nu niet geldig", en="the certificate is not valid now")),
    ):
        if not start <= moment <= stop:
            raise EvidenceError(
                ProblemKind.VALIDITY,
                message,
                where=where,
                expected=f"{start.isoformat()} – {stop.isoformat()}",
                received=moment.astimezone(UTC).isoformat(),
            )


def _check_usage(leaf: x509.Certificate, where: str) -> None:
    """A certificate that is not made to sign documents does not vouch for a seal."""
    try:
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
        fits = usage.digital_signature
    except x509.ExtensionNotFound:
        fits = False
    if not fits:
        raise EvidenceError(
            ProblemKind.UNTRUSTED,
            Text(nl="het certificaat mag niet ondertekenen", en="the certificate may not sign"),
            where=where,
            expected="keyUsage: digitalSignature",
            received=short(leaf.subject.rfc4514_string()),
        )


def _check_chain(
    authorities: Sequence[x509.Certificate], chain: Sequence[x509.Certificate], moment: datetime, where: str
) -> str:
    """Subject of the authority that a chain leads to, at one moment."""
    try:
        verifier = (
            verification.PolicyBuilder()
            .store(verification.Store(list(authorities)))
            .time(moment)
            .extension_policies(
                ca_policy=verification.ExtensionPolicy.webpki_defaults_ca(),
                ee_policy=verification.ExtensionPolicy.permit_all(),  # seals have no host name
            )
            .build_client_verifier()
        )
        found = verifier.verify(chain[0], list(chain[1:])).chain
    except (verification.VerificationError, ValueError, UnsupportedAlgorithm) as error:
        raise EvidenceError(
            ProblemKind.UNTRUSTED,
            Text(
                nl="het certificaat leidt niet naar een vertrouwde uitgever",
                en="the certificate does not lead to a trusted authority",
            ),
            where=where,
            received=short(error),
        ) from None
    return found[-1].subject.rfc4514_string()


def _untrusted(where: str, keyid: str) -> EvidenceError:
    return EvidenceError(
        ProblemKind.UNTRUSTED,
        Text(
            nl="is ondertekend met een sleutel die hier niet wordt vertrouwd",
            en="was signed with a key that is not trusted here",
        ),
        where=where,
        received=f"keyid {short(keyid, 80)}",
    )
