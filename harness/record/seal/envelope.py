"""``seal.json``: two DSSE envelopes by one key, and beside them the certificates of that key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cryptography import x509

from harness.core.errors import InputError
from harness.core.run import manifest
from harness.core.run.place import disk
from harness.core.run.problems import EvidenceError, ProblemKind, short
from harness.core.text import Text
from harness.record.seal import dsse, statement
from harness.record.seal.keys import SigningKey
from harness.record.seal.statement import RunFacts, RunResult, Summary
from harness.record.seal.trust import Trust, check_trust, key_of_signer

FORMAT: Final = "seal-1"
NAME: Final = manifest.SEAL


class Seal(dsse.Enveloped, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``seal.json``: the test-result statement, the statement of this harness, the certificates (PEM)."""

    envelopes: Annotated[tuple[dsse.Dsse, ...], msgspec.Meta(min_length=2, max_length=2)]


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
        signer=dsse.signer_of(key),
    )
    seal = Seal(
        format=FORMAT,
        envelopes=tuple(dsse.sign(statement.encode(item, subject), key) for item in (summary, run)),
        certificates=tuple(dsse.pem(item) for item in key.certificates),
    )
    disk.write(folder / NAME, dsse.encode(seal))
    return seal


def check_seal(
    folder: Path, manifest_bytes: bytes, root: str, run: str, trust: Trust, now: datetime
) -> Sealed:
    """Check the seal of a folder whose manifest was found right.

    :param run: SHA-256 of ``run-start.json``.
    :raises EvidenceError: the first thing that is wrong: form, statement, signature, trust, validity,
        revoked.
    """
    data = _read(folder / NAME, dsse.MAX_FILE, ProblemKind.UNSEALED)
    seal = dsse.decode(data, Seal, FORMAT, NAME)
    chain = dsse.certificates_of(seal.certificates, NAME)
    subject = statement.subjects(manifest_bytes, root)
    payloads = [dsse.payload_of(item, NAME) for item in seal.envelopes]
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
    signed = _check_facts(facts, keyid, chain, root, run)
    key = key_of_signer(trust, keyid, chain, NAME)
    for envelope, payload in zip(seal.envelopes, payloads, strict=True):
        dsse.check_signature(envelope, payload, key, NAME)
    trusted_by = check_trust(trust, keyid, chain, signed=signed, now=now, where=NAME)
    return Sealed(
        keyid=keyid,
        trusted_by=trusted_by,
        subject=chain[0].subject.rfc4514_string() if chain else "",
        summary=summary,
        run=facts,
    )


def _check_facts(
    facts: RunResult, keyid: str, chain: Sequence[x509.Certificate], root: str, run: str
) -> datetime:
    """Whether the signed facts name this run, this key and these certificates; gives when it was signed."""
    if (facts.run, facts.root) != (run, root):
        raise EvidenceError(
            ProblemKind.STATEMENT,
            Text(nl="noemt een andere run dan erbij staat", en="names another run than stands beside it"),
            where=NAME,
            expected=f"{run} {root}",
            received=f"{short(facts.run, 64)} {short(facts.root, 64)}",
        )
    dsse.check_signer(facts.signer, keyid, chain, NAME)
    return dsse.signed_at(facts.signed, NAME)


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
