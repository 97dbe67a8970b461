"""DSSE envelopes and the certificates beside them, in the one form that is written and read here.

Neither certificates nor unknown fields of an envelope are signed by DSSE; therefore a signed predicate names
its certificates by hash, and a file that is not exactly in the form written here is refused. What is verified
are the bytes of the payload, and what is read are those same bytes.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, TypeVar

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import Key, Signature

from harness.core.errors import InputError
from harness.core.run.problems import EvidenceError, ProblemKind, short
from harness.core.text import Text
from harness.record.seal.keys import SigningKey, public_key, read_certificates
from harness.record.seal.statement import PAYLOAD_TYPE, Signer

MAX_FILE: Final = 8 * 1024 * 1024
MAX_CERTIFICATES: Final = 8


class DsseSignature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One signature: key id, and the signature in base64."""

    keyid: str
    sig: str


class Dsse(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A DSSE envelope in its JSON form."""

    payload: str
    payload_type: str
    signatures: Annotated[tuple[DsseSignature, ...], msgspec.Meta(min_length=1, max_length=1)]


class Enveloped(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of envelopes by one key, with the certificates of that key (PEM), leaf first."""

    format: str
    envelopes: Annotated[tuple[Dsse, ...], msgspec.Meta(min_length=1, max_length=2)]
    certificates: Annotated[tuple[str, ...], msgspec.Meta(max_length=MAX_CERTIFICATES)] = ()


_E = TypeVar("_E", bound=Enveloped)


def sign(payload: bytes, key: SigningKey) -> Dsse:
    """A statement, signed."""
    envelope = Envelope(payload, PAYLOAD_TYPE, {})
    signature = envelope.sign(key.signer)
    return Dsse(
        payload=base64.standard_b64encode(payload).decode(),
        payload_type=PAYLOAD_TYPE,
        signatures=(
            DsseSignature(
                keyid=signature.keyid,
                sig=base64.standard_b64encode(bytes.fromhex(signature.signature)).decode(),
            ),
        ),
    )


def signer_of(key: SigningKey) -> Signer:
    """What a predicate says of the key that signs it."""
    return Signer(keyid=key.keyid, certificates=fingerprints(key.certificates))


def encode(file: Enveloped) -> bytes:
    """The one form in which envelopes are written."""
    return msgspec.json.format(msgspec.json.encode(file), indent=1) + b"\n"


def decode(data: bytes, kind: type[_E], form: str, where: str) -> _E:
    """The envelopes of a file.

    :param form: the format that it has to name.
    :raises EvidenceError: it is none, of another format, or not exactly as it is written.
    """
    try:
        found = msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise no_envelope(where, short(error)) from None
    if found.format != form:
        raise no_envelope(where, short(found.format), form)
    if encode(found) != data:
        raise EvidenceError(
            ProblemKind.ENVELOPE,
            Text(
                nl="staat niet in de vorm waarin de harness het schrijft",
                en="is not in the form in which the harness writes it",
            ),
            where=where,
        )
    return found


def payload_of(envelope: Dsse, where: str) -> bytes:
    """The bytes that were signed, if the signature is right (:func:`check_signature`)."""
    if envelope.payload_type != PAYLOAD_TYPE:
        raise no_envelope(where, short(envelope.payload_type), PAYLOAD_TYPE)
    _base64(envelope.signatures[0].sig, where)
    return _base64(envelope.payload, where)


def check_signature(item: Dsse, payload: bytes, key: Key, where: str) -> None:
    """Whether a key signed a payload.

    :raises EvidenceError: it did not.
    """
    signature = Signature(item.signatures[0].keyid, _base64(item.signatures[0].sig, where).hex())
    envelope = Envelope(payload, item.payload_type, {signature.keyid: signature})
    try:
        envelope.verify([key], 1)
    except (VerificationError, ValueError):
        raise EvidenceError(
            ProblemKind.SIGNATURE,
            Text(nl="de handtekening klopt niet", en="the signature is wrong"),
            where=where,
            received=f"keyid {short(signature.keyid, 80)}",
        ) from None


def check_signer(signer: Signer, keyid: str, chain: Sequence[x509.Certificate], where: str) -> None:
    """Whether the signed words name this key and these certificates, and the leaf is of this key.

    :raises EvidenceError: they do not.
    """
    leaf = _leaf_keyid(chain[0], where) if chain else keyid
    if (signer.keyid, signer.certificates, leaf) != (keyid, fingerprints(chain), keyid):
        raise EvidenceError(
            ProblemKind.STATEMENT,
            Text(
                nl="noemt een andere sleutel of andere certificaten dan erbij staan",
                en="names another key or certificates than those that stand beside it",
            ),
            where=where,
            expected=f"keyid {short(keyid, 80)}",
            received=f"keyid {short(signer.keyid, 80)}",
        )


def signed_at(text: str, where: str) -> datetime:
    """When something was signed, by the clock of the signer.

    :raises EvidenceError: it does not say.
    """
    try:
        signed = datetime.fromisoformat(text)
    except ValueError:
        signed = datetime.min
    if signed.tzinfo is None:
        raise EvidenceError(
            ProblemKind.STATEMENT,
            Text(nl="zegt niet wanneer er is ondertekend", en="does not say when it was signed"),
            where=where,
            received=short(text),
        )
    return signed


def certificates_of(texts: Sequence[str], where: str) -> tuple[x509.Certificate, ...]:
    """The certificates beside envelopes, each in the one form in which PEM is written here."""
    found = []
    for text in texts:
        try:
            certificates = read_certificates(text.encode(), where)
        except InputError as error:
            raise no_envelope(where, error.received, "PEM") from None
        if len(certificates) != 1 or pem(certificates[0]) != text:
            raise no_envelope(where, short(text, 60), "PEM")
        found.append(certificates[0])
    return tuple(found)


def pem(certificate: x509.Certificate) -> str:
    """A certificate as text."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def fingerprints(certificates: Sequence[x509.Certificate]) -> tuple[str, ...]:
    """SHA-256 of each certificate, hex."""
    return tuple(item.fingerprint(hashes.SHA256()).hex() for item in certificates)


def no_envelope(where: str, received: str, expected: str = "DSSE") -> EvidenceError:
    """That a file holds no envelope."""
    return EvidenceError(
        ProblemKind.ENVELOPE,
        Text(nl="is geen DSSE-envelop", en="is not a DSSE envelope"),
        where=where,
        expected=expected,
        received=received,
    )


def _leaf_keyid(certificate: x509.Certificate, where: str) -> str:
    try:
        return public_key(certificate.public_key(), where).keyid
    except InputError as error:
        raise EvidenceError(
            ProblemKind.UNTRUSTED,
            error.message,
            where=where,
            expected=error.expected,
            received=error.received,
        ) from None


def _base64(text: str, where: str) -> bytes:
    """Standard base64 in its one form: no line feeds, right padding, no loose bits."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise no_envelope(where, short(error), "base64") from None
    if base64.standard_b64encode(data).decode() != text:
        raise no_envelope(where, "loose bits", "base64")
    return data
