"""``NAME.dossier.tar.xz.countersigned.json``: that a bureau agrees with waivers and reviews of a dossier.

The names of approvers and reviewers in a dossier are words of its supplier. A countersignature is a DSSE
envelope of somebody else about the same manifest, beside the dossier, so that the dossier keeps its bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec

from harness.core.run.place import disk
from harness.core.run.problems import EvidenceError, ProblemKind, short
from harness.core.text import Text
from harness.record.seal import dsse, statement
from harness.record.seal.keys import SigningKey
from harness.record.seal.register import check_owner
from harness.record.seal.statement import Agreed
from harness.record.seal.trust import Trust, check_trust, key_of_signer

FORMAT: Final = "countersignature-1"
SUFFIX: Final = ".countersigned.json"


class Countersignature(dsse.Enveloped, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file: one statement, and the certificates of the key."""

    envelopes: Annotated[tuple[dsse.Dsse, ...], msgspec.Meta(min_length=1, max_length=1)]


@dataclass(frozen=True)
class Countersigned:
    """A countersignature that is right.

    :ivar trusted_by: file of the trusted key, or subject of the authority.
    """

    keyid: str
    trusted_by: str
    agreed: Agreed


@dataclass(frozen=True)
class Signable:
    """What a countersignature is about.

    :ivar manifest: bytes of the manifest of the dossier, ``root`` its Merkle root.
    :ivar waivers: fingerprints; ``reviews``: folders of reviewed attestations.
    :ivar keyid: who signed the dossier, ``""``: nobody.
    """

    manifest: bytes
    root: str
    waivers: Sequence[str]
    reviews: Sequence[str]
    keyid: str


def beside(dossier: Path) -> Path:
    """Where the countersignature of a dossier stands."""
    return dossier.with_name(dossier.name + SUFFIX)


def countersign(path: Path, about: Signable, by: str, key: SigningKey, now: datetime) -> None:
    """Sign and write a countersignature.

    :raises EvidenceError: it is the key that signed the dossier itself.
    :raises InputError: the certificate of the key is not valid now.
    :raises HarnessError: it cannot be written.
    """
    key.check_time(now)
    if key.keyid == about.keyid:
        raise _own(path.name, key.keyid)
    agreed = Agreed(
        by=by,
        waivers=tuple(sorted(about.waivers)),
        reviews=tuple(sorted(about.reviews)),
        signed=now.isoformat(),
        signer=dsse.signer_of(key),
    )
    payload = statement.encode(agreed, statement.subjects(about.manifest, about.root))
    file = Countersignature(
        format=FORMAT,
        envelopes=(dsse.sign(payload, key),),
        certificates=tuple(dsse.pem(item) for item in key.certificates),
    )
    disk.write(path, dsse.encode(file))


def check_countersignature(path: Path, about: Signable, trust: Trust, now: datetime) -> Countersigned:
    """Check a countersignature.

    :raises EvidenceError: the first thing that is wrong: form, another dossier, what it agrees with,
        signature, trust, the key of the supplier itself, a key that is of no bureau.
    """
    where = path.name
    file = dsse.decode(disk.read(path, dsse.MAX_FILE), Countersignature, FORMAT, where)
    chain = dsse.certificates_of(file.certificates, where)
    (envelope,) = file.envelopes
    payload = dsse.payload_of(envelope, where)
    agreed = statement.decode(payload, statement.subjects(about.manifest, about.root), where)
    keyid = envelope.signatures[0].keyid
    if not isinstance(agreed, Agreed):
        raise EvidenceError(
            ProblemKind.STATEMENT,
            Text(nl="bevat geen tegentekening", en="holds no countersignature"),
            where=where,
            expected=statement.COUNTERSIGNED,
        )
    dsse.check_signer(agreed.signer, keyid, chain, where)
    signed = dsse.signed_at(agreed.signed, where)
    dsse.check_signature(envelope, payload, key_of_signer(trust, keyid, chain, where), where)
    trusted_by = check_trust(trust, keyid, chain, signed=signed, now=now, where=where)
    if keyid == about.keyid:
        raise _own(where, keyid)
    check_owner(trust.owners, keyid, "bureau", "", where)
    if (agreed.waivers, agreed.reviews) != (tuple(sorted(about.waivers)), tuple(sorted(about.reviews))):
        raise EvidenceError(
            ProblemKind.STATEMENT,
            Text(
                nl="tekent andere ontheffingen of beoordelingen dan het dossier bevat",
                en="signs other waivers or reviews than the dossier holds",
            ),
            where=where,
            expected=short(", ".join(sorted([*about.waivers, *about.reviews]))),
            received=short(", ".join([*agreed.waivers, *agreed.reviews])),
        )
    return Countersigned(keyid=keyid, trusted_by=trusted_by, agreed=agreed)


def _own(where: str, keyid: str) -> EvidenceError:
    return EvidenceError(
        ProblemKind.UNTRUSTED,
        Text(
            nl="is van dezelfde sleutel als het dossier: een leverancier tekent niet voor zichzelf tegen",
            en="is of the same key as the dossier: a supplier cannot countersign its own",
        ),
        where=where,
        received=f"keyid {keyid}",
    )
