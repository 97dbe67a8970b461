"""``harness extract``: its own rows for a supplier, and of others totals without names."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from harness.cli.dossier.verified import dossier_folder, is_dossier
from harness.cli.evidence.scan import AcceptOption
from harness.cli.evidence.shown import TrustOption, refuse_unreadable
from harness.cli.evidence.sign import refuse_people
from harness.cli.options import LangOption
from harness.core.clock import SystemClock
from harness.core.errors import UsageError
from harness.core.text import Lang, Text
from harness.judge.catalogue import load_catalogue
from harness.judge.evidence.verification import rejudge
from harness.record.seal.trust import Trust, load_trust
from harness.record.verify import verify_files, verify_folder
from harness.report.dossier.check import check_dossier
from harness.report.dossier.pack import pack
from harness.report.extract.document import SUFFIX
from harness.report.extract.making import write_extract

app = typer.Typer()
_MADE = Text(
    nl="uittreksel voor {party}: {path} ({shown} regels en bevindingen, {left} weggelaten omdat ze anderen "
    "noemen, {size} kB)",
    en="extract for {party}: {path} ({shown} lines and findings, {left} left out because they name others, "
    "{size} kB)",
)


@app.command()
def extract(
    source: Annotated[Path, typer.Argument(metavar="RUN|DOSSIER", help="Finished run folder, or dossier.")],
    party: Annotated[str, typer.Option("--party", help="Whose rows: id of a HIS, DVZA or PGO.")],
    out: Annotated[Path, typer.Option("--out", "-o", help=f"File to write, usually NAME{SUFFIX}.")],
    trust: TrustOption = None,
    accept: AcceptOption = None,
    lang: LangOption = "nl",
) -> None:
    """Write what a supplier may see of a run with others in it; `harness verify FILE` checks it anywhere.

    Its cells with recordings and findings, and totals of all others; names of others are left out. What is
    extracted from is verified, judged again and scanned first. Exit code 7: it does not hold together, or
    something that looks like a person or a secret can be read in it.
    """
    language: Lang = "en" if lang == "en" else "nl"
    if out.exists():
        raise UsageError(Text(nl="bestaat al", en="exists already"), where=str(out))
    known = load_trust(trust) if trust else None
    with refuse_unreadable(source, as_json=False, lang=language), dossier_folder(source) as folder:
        _verify(source, folder, known)
        refuse_people(folder, frozenset(accept or ()), language)
        with TemporaryDirectory(prefix="extract-") as temporary:
            done = write_extract(folder, party, Path(temporary))
            pack(Path(temporary), out)
    told = _MADE.format(
        party=party, path=out, shown=done.shown, left=done.left_out, size=out.stat().st_size // 1024
    )
    typer.echo(told.of(language))


def _verify(source: Path, folder: Path, trust: Trust | None) -> None:
    """Whether what is extracted from holds together.

    :raises EvidenceError: it does not.
    """
    catalogue, now = load_catalogue(), SystemClock().now()
    if is_dossier(source):
        check_dossier(folder, catalogue, now=now, trust=trust)
        return
    if trust is None:
        verify_files(folder)
    else:
        verify_folder(folder, now=now, trust=trust)
    problem = rejudge(folder, catalogue).problem
    if problem is not None:
        raise problem.error()
