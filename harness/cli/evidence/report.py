"""``harness report PATH``: a party's report as PDF/A-3b, signed if asked; or what programs read of a run."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

import typer

from harness.cli.dossier.verified import dossier_folder, is_dossier
from harness.cli.evidence.keys import KEY_HELP, ChainOption, named_key
from harness.cli.evidence.shown import TrustOption, refuse_unreadable
from harness.cli.evidence.told import Told, told_by_dossier, told_by_run
from harness.cli.options import LangOption
from harness.core.clock import SystemClock
from harness.core.errors import UsageError, nearest
from harness.core.ids import safe_name
from harness.core.run.folder import RunFolder
from harness.core.run.place import disk
from harness.core.text import Lang, Text
from harness.judge.catalogue import Catalogue, load_catalogue
from harness.record.seal.trust import load_trust
from harness.report.dossier.compare import compare, side
from harness.report.dossier.pack import is_packed
from harness.report.html import write_report
from harness.report.machine.badge import badge
from harness.report.machine.junit import run_junit
from harness.report.machine.run import JudgedRun
from harness.report.machine.sarif import run_sarif
from harness.report.machine.testreport import report_bundle
from harness.report.pages.since import since as since_run
from harness.report.pdf.document import document
from harness.report.pdf.signing import check_key, signed
from harness.report.pdf.typeset import Attachment, require, typeset
from harness.report.summary import RunSummary
from harness.report.vendor.page import VendorPage, vendor_page

app = typer.Typer()
MAX_ATTACHED: Final = 256 * 1024 * 1024
WRITTEN = Text(nl="rapport: {path}", en="report: {path}")
SIGNED = Text(nl="rapport: {path} (ondertekend met sleutel {keyid})", en="report: {path} (signed by {keyid})")


@dataclass(frozen=True)
class _Asked:
    """What a report is made of.

    :ivar party: id; ``""``: everybody.
    :ivar dossier: whether the evidence is one.
    :ivar attachments: what goes along inside.
    """

    told: Told
    catalogue: Catalogue
    party: str
    lang: Lang
    dossier: bool
    attachments: Sequence[Attachment]

    @property
    def page(self) -> VendorPage:
        """The report of the party."""
        told = self.told
        return vendor_page(
            told.summary, self.party, self.catalogue, told.day, root=told.root, dossier=self.dossier
        )

    @property
    def run(self) -> JudgedRun:
        """The run.

        :raises UsageError: there are several, in a dossier.
        """
        if self.told.run is None:
            raise _of_one_run()
        return self.told.run


@dataclass(frozen=True)
class _Format:
    """A kind of report.

    :ivar make: ``None``: it is a folder of pages.
    :ivar of_party: whether it is about one party.
    :ivar of_run: whether it points at files of one run.
    """

    suffix: str
    make: Callable[[_Asked], bytes] | None
    of_party: bool = False
    of_run: bool = False


def _pdf(asked: _Asked) -> bytes:
    told = document(asked.page, asked.catalogue, asked.lang)
    return typeset(told, at=asked.told.ended, attachments=asked.attachments)


def _bundle(asked: _Asked) -> bytes:
    return report_bundle(asked.told.summary, asked.catalogue, asked.told.ended, asked.lang, asked.party)


_PDF: Final = _Format(".pdf", _pdf, of_party=True)
_PAGES: Final = _Format("", None, of_run=True)
FORMATS: Final[Mapping[str, _Format]] = {
    "pdf": _PDF,
    "pages": _PAGES,
    "badge": _Format(".svg", lambda asked: badge(asked.page, asked.told.day, asked.lang), of_party=True),
    "junit": _Format(".junit.xml", lambda asked: run_junit(asked.run, asked.lang, asked.party), of_run=True),
    "sarif": _Format(".sarif", lambda asked: run_sarif(asked.run, asked.lang, asked.party), of_run=True),
    "testreport": _Format(".testreport.json", _bundle),
}


@app.command()
def report(
    run: Annotated[Path, typer.Argument(help="Run folder, or dossier.")],
    name: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help=f"One of: {', '.join(FORMATS)} (with --since: pages).",
        ),
    ] = None,
    party: Annotated[
        str,
        typer.Option("--party", help="Id of the participant that it is about; pdf and badge are about one."),
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option("--out", help="File or folder to write (default: in the report folder of the run)."),
    ] = None,
    since: Annotated[
        Path | None,
        typer.Option("--since", help="Earlier run or dossier: the pages show what changed since."),
    ] = None,
    sign: Annotated[Path | None, typer.Option("--sign", help=f"Sign the PDF. {KEY_HELP}")] = None,
    chain: ChainOption = None,
    trust: TrustOption = None,
    attach: Annotated[
        list[Path] | None,
        typer.Option("--attach", help="File that goes along inside the PDF; may be repeated."),
    ] = None,
    lang: LangOption = "nl",
) -> None:
    """Write the report of one party as PDF/A-3b with PDF/UA-1 tags; a packed dossier goes along inside it.

    Or, with --format, what programs read: JUnit, SARIF 2.1.0, FHIR R4 TestReports in a Bundle, a badge (SVG);
    or the pages of a run, with --since also what is fixed, new, still there and no longer tested.

    The run or dossier is verified and judged again first. Exit code 7: evidence and result differ, nothing is
    written.
    """
    language: Lang = "en" if lang == "en" else "nl"
    name = name or ("pages" if since is not None else "pdf")
    wanted = _format(name)
    _check_words(wanted, name, run, party, pdf_only=[*filter(None, (sign, chain, attach))])
    _check_pages(wanted, party, since)
    if wanted is _PDF:
        require("typst", *(("pyhanko",) if sign is not None else ()))
    place = out or _default(run, party, language, wanted)
    _refuse_evidence(run, place)
    now = SystemClock().now()
    key = named_key(sign, chain) if sign is not None else None
    if key is not None:
        check_key(key, now)
    known = load_trust(trust) if trust else None
    goes_along = [*((run,) if wanted is _PDF and is_packed(run) else ()), *(attach or ())]
    attachments = _attachments(goes_along)
    catalogue = load_catalogue()
    with refuse_unreadable(run, as_json=False, lang=language):
        if is_dossier(run):
            told = told_by_dossier(run, known, now)
        else:
            told = told_by_run(run, catalogue, known, now)
    if party:
        _check_party(party, told.summary, signing=key is not None)
    asked = _Asked(told, catalogue, party, language, is_dossier(run), attachments)
    if wanted.make is None:
        typer.echo(WRITTEN.format(path=_pages(asked, since, place)).of(language), err=True)
        return
    data = wanted.make(asked)
    if key is not None:
        data = signed(data, key, now=now)
    disk.write(place, data)
    done = SIGNED.format(path=place, keyid=key.keyid) if key is not None else WRITTEN.format(path=place)
    typer.echo(done.of(language), err=True)


def _format(name: str) -> _Format:
    """The format with a name.

    :raises UsageError: there is none.
    """
    if name in FORMATS:
        return FORMATS[name]
    hint = nearest(name, FORMATS)
    raise UsageError(
        Text(nl="is geen formaat", en="is no format"),
        where="--format",
        expected=", ".join(FORMATS),
        received=name,
        next_step=Text(nl=f"bedoelde u '{hint}'?", en=f"did you mean '{hint}'?") if hint else "",
    )


def _check_words(wanted: _Format, name: str, path: Path, party: str, *, pdf_only: Sequence[object]) -> None:
    """Whether what was said goes together.

    :param pdf_only: what was said that only a PDF has.
    :raises UsageError: it does not.
    """
    if wanted.of_party and not party:
        raise UsageError(
            Text(nl=f"een {name} gaat over één partij", en=f"a {name} is about one party"),
            where="--party",
            next_step=Text(nl="noem haar met --party", en="name it with --party"),
        )
    if pdf_only and wanted is not _PDF:
        raise UsageError(
            Text(
                nl="--sign, --chain en --attach horen bij een PDF",
                en="--sign, --chain and --attach belong to a PDF",
            ),
            where="--format",
            received=name,
        )
    if wanted.of_run and is_dossier(path):
        raise _of_one_run()


def _check_pages(wanted: _Format, party: str, since: Path | None) -> None:
    """Whether what was said of pages goes together.

    :raises UsageError: it does not.
    """
    if wanted is _PAGES and party:
        raise UsageError(
            Text(nl="de pagina's gaan over iedereen", en="the pages are about everybody"),
            where="--party",
            received=party,
        )
    if wanted is not _PAGES and since is not None:
        raise UsageError(Text(nl="hoort bij --format pages", en="belongs to --format pages"), where="--since")


def _pages(asked: _Asked, earlier: Path | None, folder: Path) -> Path:
    """Write the pages of a run; the first one.

    :param earlier: an earlier run or dossier.
    :raises EvidenceError: that is neither.
    """
    run = asked.run
    changed = None
    if earlier is not None:
        with refuse_unreadable(earlier, as_json=False, lang=asked.lang), dossier_folder(earlier) as path:
            before = replace(side(path, asked.catalogue), name=str(earlier))
        changed = since_run(compare(before, side(run.folder.path, asked.catalogue)), run.findings)
    return write_report(run.folder, run.summary.info, run.findings, asked.catalogue, folder, changed)


def _of_one_run() -> UsageError:
    return UsageError(
        Text(nl="wijst naar bestanden van één run", en="points at files of one run"),
        where="--format",
        next_step=Text(
            nl="pak het dossier uit en noem de map van een run (runs/01)",
            en="unpack the dossier and name the folder of a run (runs/01)",
        ),
    )


def _default(path: Path, party: str, lang: Lang, wanted: _Format) -> Path:
    """Where a report goes: among the pages of a run, or beside a dossier."""
    if wanted is _PAGES:
        return RunFolder(path).report
    name = f"{f'vendor-{safe_name(party)}' if party else 'run'}.{lang}{wanted.suffix}"
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
