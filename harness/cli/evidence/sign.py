"""``harness sign RUN --key FILE``: put a seal on a finished run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.evidence.keys import KEY_HELP, ChainOption, named_key
from harness.cli.evidence.scan import AcceptOption, lines
from harness.cli.evidence.shown import RunArgument, refuse_unreadable
from harness.cli.options import LangOption
from harness.core.clock import SystemClock
from harness.core.exits import ExitCode
from harness.core.run.place.lock import RunLock
from harness.core.run.problems import EvidenceError, ProblemKind
from harness.core.text import Lang, Text, both
from harness.judge.catalogue import load_catalogue
from harness.judge.evidence.sealing import stated
from harness.judge.evidence.verification import rejudge
from harness.pdfa.text import texts_of
from harness.record import Looking, Persons
from harness.record.scan.folder import scan
from harness.record.seal.envelope import seal_folder
from harness.record.verify import verify_files

app = typer.Typer()
SEALED = Text(nl="ondertekend: {path} (sleutel {keyid})", en="signed: {path} (key {keyid})")
_ACCEPT = Text(
    nl="wat iemand heeft bekeken en mag blijven, noemt u erbij, precies zoals het hier staat: --accept PLEK",
    en="name what somebody looked at and may stay, exactly as it is printed: --accept PLACE",
)


@app.command()
def sign(
    run: RunArgument,
    key: Annotated[Path, typer.Option("--key", help=KEY_HELP)],
    chain: ChainOption = None,
    accept: AcceptOption = None,
    lang: LangOption = "nl",
) -> None:
    """Sign a finished run, after its recordings and findings were found right and a scan found it clean.

    Exit code 7: they are not, or something that looks like a person or a secret can be read in it.
    """
    language: Lang = "en" if lang == "en" else "nl"
    signer = named_key(key, chain)
    catalogue = load_catalogue()
    with refuse_unreadable(run, as_json=False, lang=language):
        verify_files(run)
        with RunLock(run):
            found = rejudge(run, catalogue)
            if found.problem is not None:
                raise found.problem.error()
            refuse_people(run, frozenset(accept or ()), language)
            told = stated(found.info, found.findings, catalogue)
            seal_folder(run, signer, facts=told.facts, summary=told.summary, now=SystemClock().now())
    typer.echo(SEALED.format(path=run / "seal.json", keyid=signer.keyid).of(language), err=True)


def refuse_people(run: Path, accepted: frozenset[str], lang: Lang) -> None:
    """Let nothing leave the building in which a person or a secret can be read.

    :raises EvidenceError: names the first place; the others are printed.
    """
    done = scan(run, Looking(texts_of), Persons()).without(accepted)
    if done.code is ExitCode.OK:
        return
    first, *more = lines(done, lang)
    for line in more:
        typer.echo(line, err=True)
    typer.echo(_ACCEPT.of(lang), err=True)
    place = (done.found or done.unread)[0].place
    raise EvidenceError(ProblemKind.PERSONAL, both(first.removeprefix(f"{place}: ")), where=place)
