"""``harness sign RUN --key FILE``: put a seal on a finished run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.evidence.shown import RunArgument, refuse_unreadable
from harness.cli.options import LangOption
from harness.core.clock import SystemClock
from harness.core.run.place.lock import RunLock
from harness.core.text import Lang, Text
from harness.judge.catalogue import load_catalogue
from harness.judge.evidence.sealing import stated
from harness.judge.evidence.verification import rejudge
from harness.record.seal.envelope import seal_folder
from harness.record.seal.keys import load_signing_key
from harness.record.verify import verify_files

app = typer.Typer()
PASSWORD = "HARNESS_KEY_PASSWORD"
SEALED = Text(nl="ondertekend: {path} (sleutel {keyid})", en="signed: {path} (key {keyid})")


@app.command()
def sign(
    run: RunArgument,
    key: Annotated[
        Path, typer.Option("--key", help=f"PEM or PKCS#12 file; its password stands in {PASSWORD}.")
    ],
    chain: Annotated[
        Path | None, typer.Option("--chain", help="PEM file with the certificates of the key, leaf first.")
    ] = None,
    lang: LangOption = "nl",
) -> None:
    """Sign a finished run, after its recordings and findings were found right. Exit code 7: they are not."""
    language: Lang = "en" if lang == "en" else "nl"
    password = os.environ.get(PASSWORD)
    signer = load_signing_key(key, password=password.encode() if password else None, certificates=chain)
    catalogue = load_catalogue()
    with refuse_unreadable(run, as_json=False, lang=language):
        verify_files(run)
        with RunLock(run):
            found = rejudge(run, catalogue)
            if found.problem is not None:
                raise found.problem.error()
            told = stated(found.info, found.findings, catalogue)
            seal_folder(run, signer, facts=told.facts, summary=told.summary, now=SystemClock().now())
    typer.echo(SEALED.format(path=run / "seal.json", keyid=signer.keyid).of(language), err=True)
