"""What is signed: in-toto statements about one manifest.

A seal holds two. One has the standard test-result predicate, which other tools understand; it knows PASSED,
WARNED and FAILED only. The other has the predicate of this harness and says what lies behind that one word:
who took part, what was asked, the outcome per party (*no verdict* too), waivers, challenge, and until when it
holds. A bureau signs a third, about a dossier: which waivers and reviews it agrees with.

The bytes of a statement are what is signed: they are stored as they are and never written again from their
meaning.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal

import msgspec

from harness.core.run import manifest
from harness.core.run.problems import EvidenceError, ProblemKind, short
from harness.core.text import Text

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
STATEMENT: Final = "https://in-toto.io/Statement/v1"
TEST_RESULT: Final = "https://in-toto.io/attestation/test-result/v0.1"
RUN_RESULT: Final = "https://medmij-harness.invalid/attestation/run/v1"
"""A name, not an address: it need not resolve, and never will."""
COUNTERSIGNED: Final = "https://medmij-harness.invalid/attestation/countersignature/v1"
ROOT_SUBJECT: Final = "merkle-root"

Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Result = Literal["PASSED", "WARNED", "FAILED"]


class Sha256(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A digest set with the one algorithm that is used here."""

    sha256: Hash


class Resource(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something with a name and a digest (in-toto: subject, resource descriptor)."""

    name: str
    digest: Sha256


class Summary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Predicate ``test-result/v0.1``. The lists hold requirement ids."""

    result: Result
    configuration: tuple[Resource, ...]
    passed_tests: tuple[str, ...]
    warned_tests: tuple[str, ...]
    failed_tests: tuple[str, ...]


class Party(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One participant, as declared."""

    id: str
    role: str
    kind: str
    vendor: str = ""
    product: str = ""
    version: str = ""


class Bound(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The challenge of a run: its nonce and the commitment to the salt, both hex."""

    nonce: str
    commitment: str


class Signer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who signs: key id, and SHA-256 of each certificate that lies beside the envelopes, leaf first."""

    keyid: str
    certificates: tuple[Hash, ...] = ()


class RunFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What the signer states of a run; what follows from folder and key is added when it is sealed.

    :ivar started: ISO 8601 instants of the run; ``finished`` its end.
    :ivar harness: version; ``catalogue``: SHA-256.
    :ivar record: person → origin of the reference record.
    :ivar asked: what the run was told to test.
    :ivar partial: it was asked less than what was declared (*deelrun*).
    :ivar outcome: party → outcome.
    :ivar counts: party → state → number of requirements.
    :ivar waivers: each as in its file.
    :ivar valid_until: ISO 8601 date, ``""`` when there is no verdict that could expire.
    """

    started: str
    finished: str
    harness: str
    catalogue: str
    parties: tuple[Party, ...]
    record: dict[str, str] = {}
    asked: dict[str, Any] = {}
    partial: bool
    outcome: dict[str, str]
    counts: dict[str, dict[str, int]] = {}
    waivers: tuple[dict[str, str], ...] = ()
    challenge: Bound | None = None
    valid_until: str = ""


class RunResult(RunFacts, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The predicate of this harness.

    :ivar run: SHA-256 of ``run-start.json``; ``root``: Merkle root of the manifest.
    :ivar signed: ISO 8601 instant by the clock of the signer.
    """

    run: Hash
    root: Hash
    signed: str
    signer: Signer


class Agreed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What a bureau countersigns of a dossier.

    :ivar by: who agrees, by name.
    :ivar waivers: fingerprints, sorted; ``reviews``: folders of reviewed attestations, sorted.
    :ivar signed: ISO 8601 instant by the clock of the signer.
    """

    by: str
    waivers: tuple[str, ...]
    reviews: tuple[str, ...]
    signed: str
    signer: Signer


Predicate = Summary | RunResult | Agreed


class _Statement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: str = msgspec.field(name="_type")
    subject: tuple[Resource, ...]
    predicate_type: str = msgspec.field(name="predicateType")
    predicate: Predicate


class _Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """As much of a statement as decides how the rest is read."""

    kind: str = msgspec.field(name="_type")
    predicate_type: str = msgspec.field(name="predicateType")
    subject: tuple[Resource, ...]
    predicate: msgspec.Raw


_PREDICATES: Final[dict[str, type[Summary] | type[RunResult] | type[Agreed]]] = {
    TEST_RESULT: Summary,
    RUN_RESULT: RunResult,
    COUNTERSIGNED: Agreed,
}
_TYPES: Final = {kind: name for name, kind in _PREDICATES.items()}


def summarise(
    *,
    conforms: Iterable[bool],
    passed: Iterable[str],
    warned: Iterable[str],
    failed: Iterable[str],
    configuration: dict[str, str],
) -> Summary:
    """The predicate of a run; the rules by which three words stand for more.

    * PASSED: every party that has an outcome conforms, and nothing was remarked;
    * WARNED: they conform, with remarks;
    * FAILED: everything else. *No verdict* and a run without any outcome are never passed; why, the other
      statement says. What is undecided or not tested stands in none of the three lists: it did not fail.

    A requirement that differs between parties or standards stands in the worst of its lists only.

    :param conforms: per party that has an outcome, whether it is *conforms*.
    :param configuration: name → SHA-256 of what the run was judged with.
    """
    outcomes = list(conforms)
    bad = set(failed)
    remarked = set(warned) - bad
    good = set(passed) - bad - remarked
    green = bool(outcomes) and all(outcomes) and not bad
    return Summary(
        result=("WARNED" if remarked else "PASSED") if green else "FAILED",
        configuration=tuple(
            Resource(name=name, digest=Sha256(sha256=sha256))
            for name, sha256 in sorted(configuration.items())
        ),
        passed_tests=tuple(sorted(good)),
        warned_tests=tuple(sorted(remarked)),
        failed_tests=tuple(sorted(bad)),
    )


def subjects(manifest_bytes: bytes, root: str) -> tuple[Resource, ...]:
    """What both statements are about: the bytes of the manifest, and the root in it."""
    return subjects_named(hashlib.sha256(manifest_bytes).hexdigest(), root)


def subjects_named(digest: str, root: str) -> tuple[Resource, ...]:
    """The same, for who has no more of the manifest than its SHA-256."""
    return (
        Resource(name=manifest.NAME, digest=Sha256(sha256=digest)),
        Resource(name=ROOT_SUBJECT, digest=Sha256(sha256=root)),
    )


def encode(predicate: Predicate, subject: tuple[Resource, ...]) -> bytes:
    """The bytes of a statement."""
    return msgspec.json.encode(
        _Statement(
            kind=STATEMENT,
            subject=subject,
            predicate_type=_TYPES[type(predicate)],
            predicate=predicate,
        )
    )


def decode(payload: bytes, subject: tuple[Resource, ...], where: str) -> Predicate:
    """The predicate of a statement that must be about ``subject``.

    :raises EvidenceError: no statement, one of another kind, or about something else.
    """
    try:
        envelope = msgspec.json.decode(payload, type=_Envelope)
        kind = _PREDICATES.get(envelope.predicate_type)
        if envelope.kind != STATEMENT or kind is None:
            raise EvidenceError(
                ProblemKind.STATEMENT,
                Text(nl="bevat een onbekende soort verklaring", en="holds an unknown kind of statement"),
                where=where,
                expected=f"{STATEMENT}: {' | '.join(_PREDICATES)}",
                received=f"{short(envelope.kind)}: {short(envelope.predicate_type)}",
            )
        predicate: Predicate = msgspec.json.decode(envelope.predicate, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise EvidenceError(
            ProblemKind.STATEMENT,
            Text(nl="bevat geen in-toto-verklaring", en="holds no in-toto statement"),
            where=where,
            received=short(error),
        ) from None
    if envelope.subject != subject:
        raise EvidenceError(
            ProblemKind.STATEMENT,
            Text(nl="gaat over een ander manifest", en="is about another manifest"),
            where=where,
            expected=_names(subject),
            received=_names(envelope.subject),
        )
    return predicate


def _names(resources: tuple[Resource, ...]) -> str:
    return ", ".join(f"{short(item.name, 40)} {item.digest.sha256}" for item in resources[:3])
