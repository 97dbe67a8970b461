"""``harness dossier make``: runs, attestations and waivers of a supplier as one signed file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.evidence.keys import KEY_HELP, ChainOption, named_key
from harness.cli.evidence.scan import AcceptOption
from harness.cli.evidence.shown import refuse_unreadable
from harness.cli.evidence.sign import refuse_people
from harness.cli.options import LangOption
from harness.core.clock import SystemClock
from harness.core.errors import UsageError
from harness.core.run.agreed.waivers import read_waivers
from harness.core.text import Lang, Text
from harness.judge.catalogue import load_catalogue
from harness.report.dossier.make import Content, DossierMaker, seal_and_pack
from harness.report.dossier.pack import SUFFIX
from harness.report.words import amount

app = typer.Typer(no_args_is_help=True)
_MADE = Text(
    nl="dossier van {vendor}: {path} ({runs}, {size} kB{signed})",
    en="dossier of {vendor}: {path} ({runs}, {size} kB{signed})",
)
_SIGNED = Text(nl=", ondertekend met sleutel {keyid}", en=", signed with key {keyid}")


@app.callback()
def dossiers() -> None:
    """What a supplier hands to a bureau."""


@app.command()
def make(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Finished run folders.")],
    out: Annotated[Path, typer.Option("--out", help=f"File to write, usually NAME{SUFFIX}.")],
    vendor: Annotated[str, typer.Option("--vendor", help="Whose it is: vendor or HIS id.")] = "",
    region: Annotated[str, typer.Option("--region", help="Where the field test was.")] = "",
    attestations: Annotated[
        list[Path] | None, typer.Option("--attestations", help="Folder with attestations beside the runs.")
    ] = None,
    waivers: Annotated[
        list[Path] | None, typer.Option("--waivers", help="Waivers beside those of the runs (YAML).")
    ] = None,
    key: Annotated[Path | None, typer.Option("--key", help=f"Sign it. {KEY_HELP}")] = None,
    chain: ChainOption = None,
    accept: AcceptOption = None,
    lang: LangOption = "nl",
) -> None:
    """Make a dossier of finished runs; `harness verify FILE` checks it anywhere.

    Every run is verified and judged again first. Exit code 7: one does not hold together, or something that
    looks like a person or a secret can be read in it.
    """
    language: Lang = "en" if lang == "en" else "nl"
    if out.exists():
        raise UsageError(Text(nl="bestaat al", en="exists already"), where=str(out))
    signer = named_key(key, chain) if key is not None else None
    catalogue, now = load_catalogue(), SystemClock().now()
    content = Content(
        runs=runs,
        vendor=vendor,
        region=region,
        attestations=attestations or (),
        waivers=[item for path in waivers or () for item in read_waivers(path)],
    )
    with refuse_unreadable(out, as_json=False, lang=language), DossierMaker(content, catalogue, now) as made:
        refuse_people(made.folder, frozenset(accept or ()), language)
        seal_and_pack(made, signer, catalogue, out, now)
    signed = _SIGNED.format(keyid=signer.keyid[:16]).of(language) if signer is not None else ""
    typer.echo(
        _MADE.format(
            vendor=made.vendor,
            path=out,
            runs=amount(len(runs), "run").of(language),
            size=out.stat().st_size // 1024,
            signed=signed,
        ).of(language)
    )
