"""``harness serve fhir``: our FHIR server with resources from a folder, on a socket."""

from __future__ import annotations

import gc
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from harness.cli.options import AtOption, LangOption
from harness.cli.serve.fhir_folder import load, read_folder, refuse
from harness.cli.serve.fhir_options import Kind, Strictness, server_options
from harness.cli.testscript.grouped import grouped
from harness.core.clock import SystemClock, today
from harness.core.data import data_path
from harness.core.issues import Issue
from harness.core.tdates import parse_day
from harness.core.text import Lang, Text
from harness.fhir.model.types import Model, load_model
from harness.fhir.packages.load import load_packages
from harness.fhir.search.packaged import package_parameters
from harness.fhir.search.parameters import SearchParameter, from_yaml
from harness.fhir.server.asgi import AsgiApp
from harness.fhir.server.conformance import base_validation, with_validator
from harness.fhir.server.faults import FAULTS
from harness.fhir.server.options import Authorize, Validation, by_token, open_access
from harness.fhir.server.service import FhirServer
from harness.fhir.validation import Validator

app = typer.Typer()
BACKLOG = 2_048


def national_parameters(model: Model) -> list[SearchParameter]:
    """The national search parameters of a FHIR version."""
    name = "r4.yaml" if model.version.startswith("4") else "stu3.yaml"
    path = data_path("profiles", "search") / name
    return from_yaml(path) if path.is_file() else []


def packaged(
    sources: list[str], model: Model
) -> tuple[list[SearchParameter], Validation, list[Issue], Model]:
    """Search parameters and profiles of packages, what cannot be used of them, and their model.

    :raises HarnessError: a package that cannot be read, or of another FHIR version.
    """
    if not sources:
        return [], base_validation(model.version), [], model
    packages = load_packages(sources, version=model.version)
    parameters, problems = package_parameters(packages)
    notes = [issue for issue in packages.notes if issue.severity != "information"]
    return parameters, with_validator(Validator(packages)), [*notes, *problems], packages.model


def show_faults(lang: str) -> None:
    """Print the deliberate faults with what they do."""
    width = max(map(len, FAULTS))
    for name, fault in sorted(FAULTS.items()):
        typer.echo(f"{name:{width}}  {fault.title.en if lang == 'en' else fault.title.nl}")


def serve(
    fixtures: Annotated[
        Path | None, typer.Option("--fixtures", help="Folder with resources (JSON, XML, Bundles).")
    ] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port (0: any free one).")] = 8080,
    listen: Annotated[str, typer.Option("--listen", help="Address to listen on.")] = "127.0.0.1",
    base_url: Annotated[
        str | None, typer.Option("--base-url", help="Public base URL when behind a proxy.")
    ] = None,
    token_map: Annotated[
        Path | None,
        typer.Option("--token-map", help="Tokens and patients (shape of QualificationTokens.json)."),
    ] = None,
    fhir_version: Annotated[str, typer.Option("--fhir-version", help="STU3 or R4.")] = "STU3",
    package: Annotated[
        list[str] | None,
        typer.Option("--package", help="FHIR package whose search parameters and profiles count too."),
    ] = None,
    skip_bad_files: Annotated[
        bool, typer.Option("--skip-bad-files", help="Leave out files that cannot be served, and say so.")
    ] = False,
    *,
    strictness: Strictness,
    kind: Kind,
    at: AtOption = None,
    lang: LangOption = "nl",
) -> None:
    """Serve resources from a folder as a strict FHIR server; without --token-map it is open."""
    words: Lang = "en" if lang == "en" else "nl"
    if "list" in (kind.fault or ()):
        show_faults(words)
        return
    if fixtures is None:
        raise typer.BadParameter("--fixtures FOLDER", param_hint="--fixtures")
    clock = SystemClock()
    t = parse_day(at) if at else today(clock)
    found, validation, notes, model = packaged(package or [], load_model(fhir_version))
    server = FhirServer.create(
        model.version,
        parameters=[*found, *national_parameters(model)],
        options=server_options(strictness, kind, model, base_url=base_url or "", validation=validation),
        authorize=_authorize(token_map),
        now=clock.now,
    )
    folder = read_folder(fixtures, model, t, None if at else clock.now())
    count = load(server, folder)
    if folder.problems and (not skip_bad_files or not count):
        raise refuse(fixtures, folder)
    gc.collect()
    gc.freeze()  # the loaded resources live as long as the process: later collections need not look at them
    application = AsgiApp(server, compress=strictness.compress, delay=kind.delay)
    config = uvicorn.Config(application, host=listen, port=port, log_level="warning", lifespan="off")
    listener = config.bind_socket()
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # accepted connections inherit it
    listener.listen(BACKLOG)  # whoever reads the address below may call at once
    number = listener.getsockname()[1]
    word = Text(nl="resources geladen", en="resources loaded").of(words)
    sys.stderr.write(f"{count} {word}, T = {t}: http://{listen}:{number}/fhir\n")
    _tell(server, notes, folder.problems, words)
    uvicorn.Server(config).run(sockets=[listener])


_PLAIN = frozenset(("base_url", "mount", "validation", "cors"))
"""Switches that are no deviation."""


def _tell(server: FhirServer, notes: list[Issue], problems: list[tuple[str, Text]], lang: Lang) -> None:
    """What was left out and how the server deviates, one line each, on stderr."""
    left_out = Text(nl="overgeslagen", en="left out").of(lang)
    lines = [issue.message.of(lang) for issue in notes]
    lines += [f"{left_out}: {place}: {what.of(lang)}" for place, what in problems]
    switched = server.options.describe()
    lines += [f"{name}: {value}" for name, value in switched.items() if name not in _PLAIN]
    sys.stderr.write("".join(f"! {line}\n" for line in lines))
    sys.stderr.flush()


def _authorize(token_map: Path | None) -> Authorize:
    if token_map is None:
        return open_access
    from harness.testscript.read.tokens import read_token_map

    return by_token({person.token: person.patient for person in read_token_map(token_map)})


fhir = grouped(serve)
app.command()(fhir)
