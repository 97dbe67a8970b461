"""``harness dossier make``: runs, attestations and waivers of a supplier as one signed file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.dossier.verified import checked
from harness.cli.evidence.keys import KEY_HELP, ChainOption, named_key
from harness.cli.evidence.scan import AcceptOption
from harness.cli.evidence.shown import TrustOption, refuse_unreadable
from harness.cli.evidence.sign import refuse_people
from harness.cli.options import LangOption
from harness.core.clock import AMSTERDAM, SystemClock
from harness.core.errors import UsageError
from harness.core.exits import ExitCode
from harness.core.run.agreed.waivers import read_waivers
from harness.core.text import Lang, Text
from harness.judge.catalogue import load_catalogue
from harness.record.seal.countersign import beside
from harness.record.seal.countersign import countersign as write_countersignature
from harness.record.seal.trust import load_trust
from harness.report.dossier.agreed import asked
from harness.report.dossier.make import Content, DossierMaker, seal_and_pack
from harness.report.dossier.pack import SUFFIX
from harness.report.dossier.waived import waiver_troubles
from harness.report.words import amount

app = typer.Typer(no_args_is_help=True)
_MADE = Text(
    nl="dossier van {vendor}: {path} ({runs}, {size} kB{signed})",
    en="dossier of {vendor}: {path} ({runs}, {size} kB{signed})",
)
_COUNTERSIGNED = Text(nl="tegengetekend: {path} (sleutel {keyid})", en="countersigned: {path} (key {keyid})")
_SIGNED = Text(nl=", ondertekend met sleutel {keyid}", en=", signed with key {keyid}")


@app.callback()
def dossiers() -> None:
    """What a supplier hands to a bureau, and what a bureau agrees with."""


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
    day = now.astimezone(AMSTERDAM).date()
    content = Content(
        runs=runs,
        vendor=vendor,
        region=region,
        attestations=attestations or (),
        waivers=[item for path in waivers or () for item in read_waivers(path, day)],
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


@app.command()
def countersign(
    dossier: Annotated[Path, typer.Argument(metavar="FILE", help=f"Dossier of a supplier (*{SUFFIX}).")],
    key: Annotated[Path, typer.Option("--key", help=f"Key of the bureau. {KEY_HELP}")],
    by: Annotated[str, typer.Option("--by", help="Who agrees, by name.")],
    trust: TrustOption = None,
    chain: ChainOption = None,
    lang: LangOption = "nl",
) -> None:
    """Agree with the waivers and reviews of a dossier, beside it; the dossier keeps its bytes.

    The dossier is verified first, and everything that is agreed with is printed. Exit code 7: it does not
    hold together, or this key signed it; 1: a waiver is over or covers nothing, so that nothing is signed.
    """
    language: Lang = "en" if lang == "en" else "nl"
    if not by.strip():
        raise UsageError(Text(nl="noem wie akkoord is", en="name who agrees"), where="--by")
    signer = named_key(key, chain)
    path, now = beside(dossier), SystemClock().now()
    with refuse_unreadable(dossier, as_json=False, lang=language):
        found = checked(dossier, load_trust(trust) if trust else None)
        for line in asked(found, load_catalogue()):
            typer.echo(line.of(language))
        if not found.signable.waivers and not found.signable.reviews:
            raise UsageError(
                Text(
                    nl="er is niets om tegen te tekenen: geen ontheffingen, geen beoordelingen",
                    en="there is nothing to countersign: no waivers, no reviews",
                ),
                where=str(dossier),
            )
        troubles = waiver_troubles(found.summary.result.cover)
        for line in troubles:
            typer.echo(line.of(language), err=True)
        if troubles:
            raise typer.Exit(int(ExitCode.FAILED))
        write_countersignature(path, found.signable, by.strip(), signer, now)
    typer.echo(_COUNTERSIGNED.format(path=path, keyid=signer.keyid[:16]).of(language))
