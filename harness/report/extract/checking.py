"""Whether an extract is of the sealed run that it names, told from the extract alone; first problem first.

The seal is over the root, the proof leads from the share to the root, and the share has the root over the
pieces of each cell. What is left out is there as a hash, so that nothing can be changed, moved or added.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from harness.core.exits import ExitCode
from harness.core.run import manifest
from harness.core.run.findings import Finding
from harness.core.run.place import disk
from harness.core.run.problems import EvidenceError, ProblemKind, short
from harness.core.text import Text
from harness.judge.evidence.shares import (
    MAX_SHARE,
    CellShare,
    Share,
    path_of,
    pieces_root,
    read_share,
)
from harness.record.chain.bodies import BodyStore
from harness.record.chain.lines import Body, ExchangeLine, decode
from harness.record.chain.raw import raw_lines
from harness.record.seal import dsse, statement
from harness.record.seal.statement import Summary
from harness.record.seal.trust import Trust, check_trust, key_of_signer
from harness.report.extract.document import (
    NAME,
    SEAL_FORMAT,
    About,
    HeldSeal,
    Piece,
    cell_name,
    read_about,
    read_piece,
    share_name,
)
from harness.report.extract.making import bodies_of

_ORDER: Final = (ExitCode.FAILED, ExitCode.NOTHING_RAN, ExitCode.UNDECIDED, ExitCode.OK)


@dataclass(frozen=True)
class SealedBy:
    """Who signed what the extract is of."""

    keyid: str
    trusted_by: str
    subject: str


@dataclass(frozen=True)
class CheckedExtract:
    """An extract in which everything holds together.

    :ivar seal: ``None``: what it is of is not sealed.
    :ivar findings: those that are shown.
    :ivar shown: lines and findings that are shown; ``left_out`` what is not, bodies of shown lines among it.
    """

    about: About
    shares: tuple[Share, ...]
    seal: SealedBy | None
    findings: tuple[Finding, ...]
    shown: int
    left_out: int

    @property
    def code(self) -> ExitCode:
        """The worst of its runs for the party."""
        return min((share.code for share in self.shares), key=_ORDER.index)


def check_extract(folder: Path, *, now: datetime, trust: Trust | None) -> CheckedExtract:
    """Check the folder of an extract.

    :param now: clock value for certificates.
    :param trust: whose signature is believed; see :func:`harness.record.verify.verify_folder`.
    :raises EvidenceError: something does not hold together.
    """
    about = read_about(folder)
    seal = _seal(folder, about, trust, now)
    looked = _Looked(folder)
    shares = [_share(folder, about, number) for number in range(1, len(about.runs) + 1)]
    for number, share in enumerate(shares, 1):
        looked.share(number, share)
    looked.nothing_else()
    return CheckedExtract(about, tuple(shares), seal, tuple(looked.findings), looked.shown, looked.left_out)


def _share(folder: Path, about: About, number: int) -> Share:
    """The share of a run, proven to be a file of what the extract is of."""
    name = share_name(number)
    data = disk.read(folder / name, MAX_SHARE)
    proof = about.runs[number - 1].proof
    manifest.check_proof(proof, data, about.root)
    share = read_share(data, name)
    place = proof.file.path.removesuffix(path_of(share.party))
    right = place == "" if about.of == "run" else place.startswith("runs/") and place.count("/") == 2
    if share.party != about.party or place == proof.file.path or not right:
        raise EvidenceError(
            ProblemKind.DESCRIPTION,
            Text(nl="is niet het deel van deze partij", en="is not the share of this party"),
            where=name,
            expected=short(about.party),
            received=short(f"{share.party}: {proof.file.path}"),
        )
    return share


class _Looked:
    """What was seen of an extract."""

    def __init__(self, folder: Path) -> None:
        self.findings: list[Finding] = []
        self.shown = 0
        self.left_out = 0
        self._folder = folder
        self._bodies = BodyStore(folder)
        self._known = {NAME, manifest.SEAL}

    def share(self, run: int, share: Share) -> None:
        """The cells of a run."""
        self._known.add(share_name(run))
        for number, held in enumerate(share.cells, 1):
            name = cell_name(run, number)
            self._known.add(name)
            self._cell(name, held)

    def _cell(self, name: str, held: CellShare) -> None:
        digests: list[bytes] = []
        path = self._folder / name
        if not path.is_file():
            raise EvidenceError(ProblemKind.MISSING, Text(nl="ontbreekt", en="is missing"), where=name)
        for piece in _pieces(path, name):
            where = f"{name}, line {len(digests) + 1}"
            if piece.shown is None:
                digests.append(bytes.fromhex(piece.sha256 or ""))
                self.left_out += 1
                continue
            data = piece.shown.encode()
            digests.append(hashlib.sha256(data).digest())
            self.shown += 1
            if len(digests) <= held.lines:
                self._line(data, where)
            else:
                self.findings.append(_finding(data, where))
        root = pieces_root(digests)
        if (root, len(digests)) != (held.root, held.lines + held.findings):
            raise EvidenceError(
                ProblemKind.CHANGED,
                Text(
                    nl="is niet wat de run van deze cel heeft vastgelegd",
                    en="is not what the run fixed of this cell",
                ),
                where=name,
                expected=f"{held.lines + held.findings}, {held.root}",
                received=f"{len(digests)}, {root}",
            )

    def _line(self, data: bytes, where: str) -> None:
        line = decode(data, where)
        for body in bodies_of(line) if isinstance(line, ExchangeLine) else ():
            self._body(body, where)

    def _body(self, body: Body, where: str) -> None:
        path = self._bodies.path(body.sha256 or "")
        name = path.relative_to(self._folder).as_posix()
        if name in self._known:
            return
        self._known.add(name)
        if path.is_file():
            self._bodies.get(body, where)
        else:
            self.left_out += 1

    def nothing_else(self) -> None:
        """Whether there is nothing but what was looked at.

        :raises EvidenceError: there is.
        """
        for path in sorted(self._folder.rglob("*")):
            name = path.relative_to(self._folder).as_posix()
            if path.is_file() and name not in self._known and path.name not in manifest.LITTER:
                raise EvidenceError(
                    ProblemKind.EXTRA,
                    Text(nl="hoort niet in een uittreksel", en="does not belong in an extract"),
                    where=short(name),
                )


def _pieces(path: Path, name: str) -> Iterator[Piece]:
    for number, (data, complete) in enumerate(raw_lines(path, name), 1):
        yield read_piece(data if complete else b"", f"{name}, line {number}")


def _finding(data: bytes, where: str) -> Finding:
    try:
        return msgspec.json.decode(data, type=Finding)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise EvidenceError(
            ProblemKind.CHANGED,
            Text(nl="is geen bevinding", en="is no finding"),
            where=where,
            received=short(error),
        ) from None


def _seal(folder: Path, about: About, trust: Trust | None, now: datetime) -> SealedBy | None:
    """The seal of what the extract is of, checked."""
    path, where = folder / manifest.SEAL, manifest.SEAL
    if not path.is_file():
        if trust is None:
            return None
        raise EvidenceError(
            ProblemKind.UNSEALED,
            Text(nl="waar dit van is, is niet ondertekend", en="what this is of was not signed"),
            where=where,
        )
    if trust is None:
        raise EvidenceError(
            ProblemKind.UNTRUSTED,
            Text(
                nl="is ondertekend, maar er zijn geen vertrouwde sleutels opgegeven",
                en="is signed, but no trusted keys were given",
            ),
            where=where,
        )
    file = dsse.decode(disk.read(path, dsse.MAX_FILE), HeldSeal, SEAL_FORMAT, where)
    chain = dsse.certificates_of(file.certificates, where)
    envelope = file.envelopes[0]
    payload = dsse.payload_of(envelope, where)
    told = statement.decode(payload, statement.subjects_named(about.manifest, about.root), where)
    if not isinstance(told, Summary) or len(file.envelopes) != 1:
        raise EvidenceError(
            ProblemKind.STATEMENT,
            Text(
                nl="bevat niet de verklaring over de uitkomst", en="does not hold the statement of the result"
            ),
            where=where,
            expected=statement.TEST_RESULT,
        )
    keyid = envelope.signatures[0].keyid
    dsse.check_signature(envelope, payload, key_of_signer(trust, keyid, chain, where), where)
    # When it was signed stands in the statement that names the parties: the certificate has to hold now.
    trusted_by = check_trust(trust, keyid, chain, signed=now, now=now, where=where)
    return SealedBy(keyid, trusted_by, chain[0].subject.rfc4514_string() if chain else "")
