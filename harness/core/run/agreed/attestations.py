"""Attestations (*verklaringen*): what a person states of something that no test decides, with a proof.

``attestations/<item>-<n>/attestation.json`` and beside it the proof, in a run folder or a folder of its own.
An attestation by itself decides nothing: a second person, named, has to have looked at it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from harness.core.errors import InputError
from harness.core.ids import safe_name, same_name
from harness.core.run.agreed.sampling import Measured, is_sample, measure
from harness.core.run.place import disk
from harness.core.run.problems import EvidenceError, ProblemKind, short
from harness.core.text import Text

FOLDER: Final = "attestations"
NAME: Final = "attestation.json"
MAX_PROOF: Final = 25 * 1024 * 1024
"""Bytes of a proof."""
_MAX_DOCUMENT: Final = 1024 * 1024
Result = Literal["met", "not-met", "not-applicable"]
Media = Literal["application/pdf", "image/png", "image/jpeg", "text/plain"]
Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
_MAGIC: Final[tuple[tuple[bytes, Media], ...]] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)
_SUFFIX: Final[dict[Media, str]] = {
    "application/pdf": ".pdf",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "text/plain": ".txt",
}


class Proof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file beside an attestation; ``media`` is told from its content."""

    name: str
    media: Media
    size: int
    sha256: Hash


class Review(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That somebody else looked at an attestation and its proof."""

    by: str
    at: date
    accepted: bool
    note: str = ""


class Attestation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One statement.

    :ivar item: id of a basiseis, of a step of the field test, or of a requirement.
    :ivar by: who states it.
    :ivar until: last day on which it holds, ``None``: for good.
    :ivar cell: key of the cell that it is about, ``""``: of none.
    :ivar measured: what its proof says, when that is a sample of availability.
    """

    schema: Literal["attestation-1"] = "attestation-1"
    item: str
    result: Result
    by: str
    at: date
    until: date | None = None
    note: str = ""
    cell: str = ""
    proof: Proof | None = None
    measured: Measured | None = None
    review: Review | None = None

    def holds(self, day: date) -> bool:
        """Whether it was given by then and has not expired."""
        return self.at <= day and (self.until is None or day <= self.until)

    def reviewed(self, day: date) -> Review | None:
        """What somebody else found of it by then."""
        return self.review if self.review is not None and self.review.at <= day else None

    def accepted(self, day: date) -> bool:
        """Whether somebody else had looked at it by then, and agreed."""
        review = self.reviewed(day)
        return review is not None and review.accepted


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """An attestation with its folder."""

    folder: Path
    attestation: Attestation

    @property
    def files(self) -> tuple[str, ...]:
        """The names of its files: the document, and the proof when there is one."""
        proof = self.attestation.proof
        return (NAME,) if proof is None else (NAME, proof.name)


def media_of(data: bytes, where: str) -> Media:
    """What a proof is, by its content.

    :raises InputError: empty, or none of the four kinds that a person can look at safely.
    """
    for magic, media in _MAGIC:
        if data.startswith(magic):
            return media
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    plain = all(char.isprintable() or char in "\t\r\n" for char in text)
    if text.strip() and plain and not text.lstrip("\ufeff \t\r\n").startswith(("<", "#!", "%!")):
        return "text/plain"
    raise InputError(
        Text(nl="dit bewijs kan niet worden bekeken", en="this proof is nothing that one can look at"),
        where=where,
        expected="PDF, PNG, JPEG, text",
        received=short(data[:16].decode("latin-1")),
    )


def proof_name(media: Media) -> str:
    """What a proof is called beside its attestation."""
    return f"proof{_SUFFIX[media]}"


def attest(place: Path, statement: Attestation, proof: Path | None) -> Path:
    """Write an attestation, with a copy of its proof, in a folder of its own below ``place``; gives it.

    :param statement: without its proof.
    :raises InputError: the proof cannot be read or used.
    :raises HarnessError: something cannot be written.
    """
    number = sum(1 for item in attestations(place) if item.attestation.item == statement.item) + 1
    folder = place / FOLDER / safe_name(f"{statement.item.lower()}-{number}")
    if proof is not None:
        data = disk.read(proof, MAX_PROOF)
        media = media_of(data, str(proof))
        name = proof_name(media)
        found = Proof(name=name, media=media, size=len(data), sha256=hashlib.sha256(data).hexdigest())
        measured = measure(data, str(proof)) if is_sample(data) else None
        statement = msgspec.structs.replace(statement, proof=found, measured=measured)
        disk.write(folder / name, data)
    save(folder, statement)
    return folder


def save(folder: Path, statement: Attestation) -> None:
    """Write the document of an attestation.

    :raises HarnessError: it cannot be written.
    """
    disk.write(folder / NAME, msgspec.json.format(msgspec.json.encode(statement), indent=1) + b"\n")


def attestations(*places: Path) -> list[Placed]:
    """The attestations of run folders, or of folders of their own, with proofs that are what they say.

    :raises EvidenceError: one cannot be understood, was reviewed by who gave it or before it was given, or
        its proof is missing, another, or nothing that one can look at.
    """
    return sorted(_found(places), key=lambda item: (item.attestation.item, item.attestation.at, item.folder))


def _found(places: Iterable[Path]) -> Iterator[Placed]:
    for place in places:
        for path in sorted((place / FOLDER).glob(f"*/{NAME}")):
            where = path.relative_to(place).as_posix()
            try:
                read = msgspec.json.decode(disk.read(path, _MAX_DOCUMENT), type=Attestation)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, InputError) as error:
                raise EvidenceError(
                    ProblemKind.DESCRIPTION,
                    Text(nl="kan niet worden begrepen", en="cannot be understood"),
                    where=where,
                    received=short(error),
                ) from None
            _check_people(read, where)
            _check_proof(path.parent, read, where)
            yield Placed(folder=path.parent, attestation=read)


def _check_people(statement: Attestation, where: str) -> None:
    """Whether two people with names stand under a statement that was reviewed, the second one later."""
    review = statement.review
    if not statement.by.strip() or (review is not None and not review.by.strip()):
        message = Text(
            nl="noemt niet wie iets verklaart of beoordeelt", en="does not name who states or reviews"
        )
    elif review is not None and same_name(statement.by, review.by):
        message = Text(
            nl="is beoordeeld door wie haar gaf; dat moet iemand anders doen",
            en="was reviewed by who gave it; somebody else has to do that",
        )
    elif review is not None and review.at < statement.at:
        message = Text(nl="is beoordeeld voordat ze was gegeven", en="was reviewed before it was given")
    else:
        return
    raise EvidenceError(
        ProblemKind.DESCRIPTION,
        message,
        where=where,
        received=short(f"{statement.by} {statement.at}" + (f", {review.by} {review.at}" if review else "")),
    )


def _check_proof(folder: Path, statement: Attestation, where: str) -> None:
    proof = statement.proof
    if proof is None:
        if statement.measured is not None:
            raise _not_measured(where)
        return
    path = folder / proof.name
    if Path(proof.name).name != proof.name or not path.is_file() or path.is_symlink():
        raise EvidenceError(
            ProblemKind.MISSING,
            Text(nl="noemt een bewijs dat er niet is", en="names a proof that is not there"),
            where=where,
            expected=short(proof.name),
        )
    data = disk.read(path, MAX_PROOF)
    if (len(data), hashlib.sha256(data).hexdigest()) != (proof.size, proof.sha256):
        raise EvidenceError(
            ProblemKind.CHANGED,
            Text(nl="heeft een ander bewijs naast zich", en="has another proof beside it"),
            where=where,
            expected=f"{proof.size} bytes, sha256 {proof.sha256}",
            received=f"{len(data)} bytes",
        )
    try:
        media = media_of(data, where)
        measured = measure(data, where) if is_sample(data) else None
    except InputError as error:
        raise EvidenceError(
            ProblemKind.UNSAFE, error.message, where=where, expected=error.expected, received=error.received
        ) from None
    if (proof.media, proof.name) != (media, proof_name(media)):
        raise EvidenceError(
            ProblemKind.UNSAFE,
            Text(nl="noemt haar bewijs anders dan het is", en="calls its proof something else than it is"),
            where=where,
            expected=f"{proof_name(media)}, {media}",
            received=short(f"{proof.name}, {proof.media}"),
        )
    if statement.measured != measured or (measured is not None and statement.at < measured.last_day):
        raise _not_measured(where)


def _not_measured(where: str) -> EvidenceError:
    return EvidenceError(
        ProblemKind.RESULT,
        Text(
            nl="zegt iets anders dan de steekproef ernaast",
            en="says something else than the sample beside it",
        ),
        where=where,
    )
