"""``harness profiles``: FHIR packages and the embedded facts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import LangOption
from harness.core.errors import UsageError
from harness.core.standards.table import standards
from harness.core.text import Text

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Work with FHIR packages and embedded profile facts."""


def seeds_of_standards() -> list[str]:
    """Canonical URLs of the main profiles of every standard."""
    return list(dict.fromkeys(url for item in standards().values() for url in item.profiles))


@app.command("distill")
def distill(
    packages: Annotated[
        list[str], typer.Argument(metavar="PACKAGE...", help=".tgz, folder, or name#version.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write; standard output when not given.")
    ] = None,
    profile: Annotated[
        list[str] | None, typer.Option("--profile", help="Seed profile; default: all profiles.")
    ] = None,
    of_standards: Annotated[
        bool, typer.Option("--standards", help="Seed with the main profiles of every standard.")
    ] = False,
    extensions: Annotated[bool, typer.Option(help="Also every extension definition of the packages.")] = True,
    lang: LangOption = "nl",
) -> None:
    """Write the constraint facts of official packages as compact YAML: no descriptive text.

    Seeds bring along their parents, the profiles of their data types and of what they refer to, and value
    sets.
    """
    from harness.fhir.packages.load import load_packages
    from harness.fhir.profiles.books.as_yaml import to_yaml
    from harness.fhir.profiles.books.book import Origin, collect, searches_of
    from harness.fhir.profiles.knowledge import Knowledge

    loaded = load_packages(packages)
    chosen = [*(profile or ()), *(seeds_of_standards() if of_standards else ())]
    rows = list(loaded.rows("StructureDefinition"))
    if not chosen:
        chosen = [row.url for _, row in rows]
    elif extensions:
        chosen += [row.url for _, row in rows if row.target == "Extension"]
    knowledge = Knowledge(loaded.base, loaded)
    book, missing = collect(knowledge, chosen)
    stated = (row for kind in ("SearchParameter", "CapabilityStatement") for row in loaded.rows(kind))
    book.searches = searches_of((package.store.load(row) for package, row in stated), loaded.base)
    book.origins = [Origin(p.name, p.version, p.content_hash) for p in loaded.packages]
    if not book.profiles:
        raise UsageError(
            Text(nl="geen van de profielen is gevonden", en="none of the profiles was found"),
            received=", ".join(missing[:5]),
        )
    text = to_yaml(
        book, "Constraint facts, written by: harness profiles distill. Do not edit; distill again."
    )
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
    counts = f"{len(book.profiles)} profiles, {len(book.value_sets)} value sets"
    typer.echo(f"{out or '-'}: {counts}", err=True)
    for url in missing:
        typer.echo(("ontbreekt: " if lang == "nl" else "missing: ") + url, err=True)


@app.command("build-base")
def build_base(
    archive: Annotated[
        Path,
        typer.Argument(metavar="ARCHIVE", help="HL7's definitions.zip, or a core package (.tgz, folder)."),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder to write the compiled facts into.")],
) -> None:
    """Compile a FHIR base specification into the facts that the harness embeds: no descriptive text."""
    from harness.fhir.model import build

    files = build.build(archive)
    build.write(files, out)
    for name, data in files.items():
        typer.echo(f"{out / name}: {len(data):,} bytes", err=True)


@app.command("snapshot")
def snapshot(
    url: Annotated[str, typer.Argument(metavar="URL", help="Canonical URL of a profile.")],
    package: Annotated[
        list[str] | None, typer.Option("--package", help=".tgz, folder, or name#version.")
    ] = None,
    lang: LangOption = "nl",
) -> None:
    """Show the complete element list of a profile: base type with all differentials laid over it."""
    from harness.fhir.packages.load import load_packages
    from harness.fhir.profiles.snapshot import expand
    from harness.fhir.validation import Validator

    validator = Validator(load_packages(package) if package else None)
    tree = validator.knowledge.tree(url)
    if tree is None:
        raise UsageError(
            Text(nl="dit profiel is niet beschikbaar", en="this profile is not available"),
            where=url,
            next_step=Text(nl="geef het pakket mee met --package", en="name its package with --package"),
        )
    for ident, cardinality in expand(tree, validator.model):
        typer.echo(f"{cardinality:>5}  {ident}")


@app.command("list")
def list_profiles(
    package: Annotated[
        list[str] | None, typer.Option("--package", help=".tgz, folder, or name#version.")
    ] = None,
    lang: LangOption = "nl",
) -> None:
    """List the profiles that are available: embedded facts, and those of packages."""
    from harness.fhir.packages.load import load_packages
    from harness.fhir.profiles.books.embedded import embedded_facts

    shown: dict[str, str] = {}
    if package:
        loaded = load_packages(package)
        for owner, row in loaded.rows("StructureDefinition"):
            shown.setdefault(row.url, f"{owner.name}#{owner.version}")
    facts = embedded_facts()
    for url in facts.profiles if facts is not None else ():
        shown.setdefault(url, "embedded")
    for url in sorted(shown):
        typer.echo(f"{url}  ({shown[url]})")
