"""``seal.json``: two DSSE envelopes by one key, and beside them the certificates of that key.

Neither certificates nor unknown fields of an envelope are signed by DSSE; therefore the signed predicate
names the certificates by hash, and a seal that is not exactly in the form written here is refused. What is
verified are the bytes of the payload, and what is read are those same bytes.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import Key, Signature

from harness.core.errors import InputError
from harness.core.run import manifest
from harness.core.run.place import disk
from harness.core.run.problems import EvidenceError, ProblemKind, short
from harness.core.text import Text
from harness.record.seal import statement
from harness.record.seal.keys import SigningKey, public_key, read_certificates
from harness.record.seal.statement import PAYLOAD_TYPE, RunFacts, RunResult, Signer, Summary
from harness.record.seal.trust import Trust, check_trust, key_of_signer

FORMAT: Final = "seal-1"
NAME: Final = manifest.SEAL
MAX_SEAL: Final = 8 * 1024 * 1024
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


class Seal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``seal.json``: the test-result statement, the statement of this harness, the certificates (PEM)."""

    format: str
    envelopes: Annotated[tuple[Dsse, ...], msgspec.Meta(min_length=2, max_length=2)]
    certificates: Annotated[tuple[str, ...], msgspec.Meta(max_length=MAX_CERTIFICATES)] = ()


@dataclass(frozen=True)
class Sealed:
    """A seal that is right.

    :ivar trusted_by: file of the trusted key, or subject of the authority.
    :ivar subject: subject of the signer's certificate, ``""`` without one.
    """

    keyid: str
    trusted_by: str
    subject: str
    summary: Summary
    run: RunResult


def seal_folder(
    folder: Path,
    key: SigningKey,
    *,
    facts: RunFacts,
    summary: Summary,
    now: datetime,
    kind: manifest.Kind = manifest.RUN,
) -> Seal:
    """Sign the manifest of a run folder or a dossier and write ``seal.json``.

    :param now: when it is signed; goes into the statement.
    :raises EvidenceError: there is no right manifest.
    :raises InputError: the certificate of the key is not valid now.
    :raises HarnessError: the seal cannot be written.
    """
    data = _read(folder / manifest.NAME, manifest.MAX_MANIFEST, ProblemKind.UNFINISHED)
    made = manifest.decode(data, kind)
    key.check_time(now)
    subject = statement.subjects(data, made.root)
    run = RunResult(
        **msgspec.structs.asdict(facts),
        run=made.run,
        root=made.root,
        signed=now.isoformat(),
        signer=Signer(keyid=key.keyid, certificates=_fingerprints(key.certificates)),
    )
    seal = Seal(
        format=FORMAT,
        envelopes=tuple(_sign(statement.encode(item, subject), key) for item in (summary, run)),
        certificates=tuple(_pem(item) for item in key.certificates),
    )
    disk.write(folder / NAME, encode(seal))
    return seal


def _sign(payload: bytes, key: SigningKey) -> Dsse:
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


def encode(seal: Seal) -> bytes:
    """The one form in which a seal is written."""
    return msgspec.json.format(msgspec.json.encode(seal), indent=1) + b"\n"


def check_seal(
    folder: Path, manifest_bytes: bytes, root: str, run: str, trust: Trust, now: datetime
) -> Sealed:
    """Check the seal of a folder whose manifest was found right.

    :param run: SHA-256 of ``run-start.json``.
    :raises EvidenceError: the first thing that is wrong: form, statement, signature, trust, validity,
        revoked.
    """
    seal = _decode(_read(folder / NAME, MAX_SEAL, ProblemKind.UNSEALED))
    chain = _certificates(seal)
    subject = statement.subjects(manifest_bytes, root)
    payloads = [_payload(item) for item in seal.envelopes]
    keyids = {item.signatures[0].keyid for item in seal.envelopes}
    summary, facts = (statement.decode(payload, subject, NAME) for payload in payloads)
    if not isinstance(summary, Summary) or not isinstance(facts, RunResult) or len(keyids) != 1:
        raise EvidenceError(
            ProblemKind.STATEMENT,
            Text(
                nl="bevat niet de twee verklaringen van één ondertekenaar",
                en="does not hold the two statements of one signer",
            ),
            where=NAME,
        )
    (keyid,) = keyids
    signed = _check_signer(facts, keyid, chain, root, run)
    key = key_of_signer(trust, keyid, chain, NAME)
    for envelope, payload in zip(seal.envelopes, payloads, strict=True):
        _check_signature(envelope, payload, key)
    trusted_by = check_trust(trust, keyid, chain, signed=signed, now=now, where=NAME)
    return Sealed(
        keyid=keyid,
        trusted_by=trusted_by,
        subject=chain[0].subject.rfc4514_string() if chain else "",
        summary=summary,
        run=facts,
    )


def _check_signer(
    facts: RunResult, keyid: str, chain: Sequence[x509.Certificate], root: str, run: str
) -> datetime:
    """Whether the signed facts name this run, this key and these certificates; gives when it was signed."""
    leaf = _leaf_keyid(chain[0]) if chain else keyid
    expected = (run, root, keyid, _fingerprints(chain))
    if (facts.run, facts.root, facts.signer.keyid, facts.signer.certificates) != expected or leaf != keyid:
        raise EvidenceError(
            ProblemKind.STATEMENT,
            Text(
                nl="noemt een andere run, sleutel of certificaten dan erbij staan",
                en="names another run, key or certificates than those that stand beside it",
            ),
            where=NAME,
            expected=f"keyid {short(keyid, 80)}",
            received=f"keyid {short(facts.signer.keyid, 80)}",
        )
    try:
        signed = datetime.fromisoformat(facts.signed)
    except ValueError:
        signed = datetime.min
    if signed.tzinfo is None:
        raise EvidenceError(
            ProblemKind.STATEMENT,
            Text(nl="zegt niet wanneer er is ondertekend", en="does not say when it was signed"),
            where=NAME,
            received=short(facts.signed),
        )
    return signed


def _leaf_keyid(certificate: x509.Certificate) -> str:
    try:
        return public_key(certificate.public_key(), NAME).keyid
    except InputError as error:
        raise EvidenceError(
            ProblemKind.UNTRUSTED,
            error.message,
            where=NAME,
            expected=error.expected,
            received=error.received,
        ) from None


def _check_signature(item: Dsse, payload: bytes, key: Key) -> None:
    signature = Signature(item.signatures[0].keyid, _base64(item.signatures[0].sig).hex())
    envelope = Envelope(payload, item.payload_type, {signature.keyid: signature})
    try:
        envelope.verify([key], 1)
    except (VerificationError, ValueError):
        raise EvidenceError(
            ProblemKind.SIGNATURE,
            Text(nl="de handtekening klopt niet", en="the signature is wrong"),
            where=NAME,
            received=f"keyid {short(signature.keyid, 80)}",
        ) from None


def _decode(data: bytes) -> Seal:
    try:
        seal = msgspec.json.decode(data, type=Seal)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _no_envelope(short(error)) from None
    if seal.format != FORMAT:
        raise _no_envelope(short(seal.format), FORMAT)
    if encode(seal) != data:
        raise EvidenceError(
            ProblemKind.ENVELOPE,
            Text(
                nl="staat niet in de vorm waarin de harness het schrijft",
                en="is not in the form in which the harness writes it",
            ),
            where=NAME,
        )
    return seal


def _payload(envelope: Dsse) -> bytes:
    if envelope.payload_type != PAYLOAD_TYPE:
        raise _no_envelope(short(envelope.payload_type), PAYLOAD_TYPE)
    _base64(envelope.signatures[0].sig)
    return _base64(envelope.payload)


def _base64(text: str) -> bytes:
    """Standard base64 in its one form: no line feeds, right padding, no loose bits."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _no_envelope(short(error), "base64") from None
    if base64.standard_b64encode(data).decode() != text:
        raise _no_envelope("loose bits", "base64")
    return data


def _certificates(seal: Seal) -> tuple[x509.Certificate, ...]:
    found = []
    for text in seal.certificates:
        try:
            certificates = read_certificates(text.encode(), NAME)
        except InputError as error:
            raise _no_envelope(error.received, "PEM") from None
        if len(certificates) != 1 or _pem(certificates[0]) != text:
            raise _no_envelope(short(text, 60), "PEM")
        found.append(certificates[0])
    return tuple(found)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _fingerprints(certificates: Sequence[x509.Certificate]) -> tuple[str, ...]:
    return tuple(item.fingerprint(hashes.SHA256()).hex() for item in certificates)


def _read(path: Path, limit: int, kind: ProblemKind) -> bytes:
    try:
        return disk.read(path, limit)
    except InputError as error:
        raise EvidenceError(
            kind,
            Text(nl="ontbreekt of is niet leesbaar", en="is missing or cannot be read"),
            where=path.name,
            expected=error.expected,
            received=error.received,
        ) from None


def _no_envelope(received: str, expected: str = "DSSE") -> EvidenceError:
    return EvidenceError(
        ProblemKind.ENVELOPE,
        Text(nl="is geen DSSE-envelop", en="is not a DSSE envelope"),
        where=NAME,
        expected=expected,
        received=received,
    )
