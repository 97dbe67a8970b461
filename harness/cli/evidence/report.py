"""``harness report PATH --party X``: the report of one party as PDF/A-3b, signed if asked."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from harness.cli.dossier.verified import dossier_folder, is_dossier
from harness.cli.evidence.keys import KEY_HELP, ChainOption, named_key
from harness.cli.evidence.shown import TrustOption, refuse_unreadable
from harness.cli.options import LangOption
from harness.core.clock import AMSTERDAM, SystemClock
from harness.core.errors import UsageError, nearest
from harness.core.ids import safe_name
from harness.core.run.folder import RunFolder
from harness.core.run.info import RunInfo
from harness.core.run.place import disk
from harness.core.text import Lang, Text
from harness.judge.catalogue import Catalogue, load_catalogue
from harness.judge.evidence.sealing import finished
from harness.judge.evidence.verification import rejudge
from harness.judge.outcome.waiving import day_of
from harness.record.seal.trust import Trust, load_trust
from harness.record.verify import verify_files, verify_folder
from harness.report.dossier.check import check_dossier
from harness.report.dossier.pack import is_packed
from harness.report.pdf.document import document
from harness.report.pdf.signing import check_key, signed
from harness.report.pdf.typeset import Attachment, require, typeset
from harness.report.summary import RunSummary, summarise
from harness.report.vendor.page import vendor_page

app = typer.Typer()
MAX_ATTACHED: Final = 256 * 1024 * 1024
WRITTEN = Text(nl="rapport: {path}", en="report: {path}")
SIGNED = Text(nl="rapport: {path} (ondertekend met sleutel {keyid})", en="report: {path} (signed by {keyid})")


@app.command()
def report(
    run: Annotated[Path, typer.Argument(help="Run folder, or dossier.")],
    party: Annotated[str, typer.Option("--party", help="Id of the participant that it is about.")],
    pdf: Annotated[
        Path | None,
        typer.Option("--pdf", help="File to write (default: in the report folder of the run)."),
    ] = None,
    sign: Annotated[Path | None, typer.Option("--sign", help=f"Sign it. {KEY_HELP}")] = None,
    chain: ChainOption = None,
    trust: TrustOption = None,
    attach: Annotated[
        list[Path] | None, typer.Option("--attach", help="File that goes along inside it; may be repeated.")
    ] = None,
    lang: LangOption = "nl",
) -> None:
    """Write the report of one party as PDF/A-3b with PDF/UA-1 tags; a packed dossier goes along inside it.

    The run or dossier is verified and judged again first. Exit code 7: evidence and result differ, nothing is
    written.
    """
    language: Lang = "en" if lang == "en" else "nl"
    require("typst", *(("pyhanko",) if sign is not None else ()))
    out = pdf or _default(run, party, language)
    _refuse_evidence(run, out)
    now = SystemClock().now()
    key = named_key(sign, chain) if sign is not None else None
    if key is not None:
        check_key(key, now)
    known = load_trust(trust) if trust else None
    attachments = _attachments([*((run,) if is_packed(run) else ()), *(attach or ())])
    catalogue = load_catalogue()
    with refuse_unreadable(run, as_json=False, lang=language):
        told = (_of_dossier if is_dossier(run) else _of_run)(run, catalogue, known, now)
    _check_party(party, told.summary, signing=key is not None)
    page = vendor_page(told.summary, party, catalogue, told.day, root=told.root, dossier=is_dossier(run))
    data = typeset(document(page, catalogue, language), at=told.ended, attachments=attachments)
    if key is not None:
        data = signed(data, key, now=now)
    disk.write(out, data)
    done = SIGNED.format(path=out, keyid=key.keyid) if key is not None else WRITTEN.format(path=out)
    typer.echo(done.of(language), err=True)


@dataclass(frozen=True)
class _Told:
    """What verified evidence says.

    :ivar day: on which waivers and statements have to hold.
    """

    summary: RunSummary
    ended: datetime
    day: date
    root: str


def _of_run(path: Path, catalogue: Catalogue, trust: Trust | None, now: datetime) -> _Told:
    """What a finished run says.

    :raises EvidenceError: it is unfinished, damaged, or its result is not what the recordings give.
    """
    facts = verify_folder(path, now=now, trust=trust) if trust is not None else verify_files(path)
    found = rejudge(path, catalogue)
    if found.problem is not None:
        raise found.problem.error()
    summary = summarise(found.info, found.findings, catalogue, RunFolder(path))
    return _Told(summary, _ended(found.info), day_of(found.info), facts.root)


def _of_dossier(path: Path, catalogue: Catalogue, trust: Trust | None, now: datetime) -> _Told:
    """What a dossier says today.

    :raises EvidenceError: something in it does not hold together.
    """
    with dossier_folder(path) as folder:
        found = check_dossier(folder, catalogue, now=now, trust=trust)
    day = now.astimezone(AMSTERDAM).date()
    return _Told(found.summary, _ended(found.summary.info), day, found.root)


def _ended(info: RunInfo) -> datetime:
    """When it ended.

    :raises EvidenceError: it did not.
    """
    return datetime.fromisoformat(finished(info).at)


def _default(path: Path, party: str, lang: Lang) -> Path:
    """Where a report goes: among the pages of a run, or beside a dossier."""
    name = f"vendor-{safe_name(party)}.{lang}.pdf"
    return path.parent / name if is_dossier(path) else RunFolder(path).report / name


def _check_party(party: str, summary: RunSummary, *, signing: bool) -> None:
    """Whether there is a report of a party, and whether it may be signed.

    :raises UsageError: it took no part, or it is a rehearsal.
    """
    if party not in summary.parties:
        hint = nearest(party, summary.parties)
        raise UsageError(
            Text(nl="deed niet mee in deze run", en="took no part in this run"),
            where="--party",
            expected=", ".join(summary.parties),
            received=party,
            next_step=Text(nl=f"bedoelde u '{hint}'?", en=f"did you mean '{hint}'?") if hint else "",
        )
    if signing and (summary.rehearsal or not summary.stated(summary.parties[party])):
        raise UsageError(
            Text(
                nl="een oefening of nagebootste partij zegt niets over een product en wordt niet ondertekend",
                en="a rehearsal or a simulated party says nothing about a product and is not signed",
            ),
            where="--sign",
            next_step=Text(nl="laat --sign weg", en="leave out --sign"),
        )


def _refuse_evidence(path: Path, out: Path) -> None:
    """A report stands among reports, never among evidence or in its place.

    :raises UsageError: it would.
    """
    place, reports = out.resolve(), RunFolder(path).report.resolve()
    if place.is_relative_to(path.resolve()) and not place.is_relative_to(reports):
        raise UsageError(
            Text(nl="ligt tussen het bewijs", en="lies among the evidence"),
            where=str(out),
            next_step=Text(
                nl="schrijf naar de map report of buiten de run",
                en="write to its report folder, or elsewhere",
            ),
        )


def _attachments(paths: Sequence[Path]) -> list[Attachment]:
    """The files that go along.

    :raises UsageError: two have one name.
    :raises InputError: one cannot be read, or is too large.
    """
    found: dict[str, Attachment] = {}
    for path in paths:
        if path.name in found:
            raise UsageError(
                Text(nl="heet als een andere bijlage", en="is named as another attachment"), where=str(path)
            )
        kind = mimetypes.guess_type(path.name, strict=False)[0] or "application/octet-stream"
        found[path.name] = Attachment(path.name, disk.read(path, MAX_ATTACHED), kind, path.name)
    return list(found.values())
