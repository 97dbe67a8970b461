"""``harness serve fhir``: our FHIR server with resources from a folder, on a socket."""

from __future__ import annotations

import gc
import socket
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn

from harness.cli.options import AtOption, LangOption
from harness.core.clock import SystemClock, today
from harness.core.data import data_path
from harness.core.errors import InputError
from harness.core.tdates import TDates, parse_day
from harness.core.text import Text
from harness.fhir.codec import documents as codec
from harness.fhir.model.types import Model, load_model
from harness.fhir.search.parameters import SearchParameter, from_yaml
from harness.fhir.server.asgi import AsgiApp
from harness.fhir.server.options import ServerOptions, by_token, open_access
from harness.fhir.server.service import FhirServer

app = typer.Typer()


def load_folder(folder: Path, model: Model, t: date, now: datetime | None = None) -> list[dict[str, Any]]:
    """All resources below a folder (JSON and XML; Bundles are opened), placeholders filled in.

    :raises InputError: no folder, a file that is not a resource, or a resource without id.
    """
    if not folder.is_dir():
        raise InputError(Text(nl="map bestaat niet", en="folder does not exist"), where=str(folder))
    dates = TDates(t, now)
    found: list[dict[str, Any]] = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in (".json", ".xml") or not path.is_file():
            continue
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                Text(nl="kan niet worden gelezen", en="cannot be read"), where=str(path), received=str(error)
            ) from None
        resource = codec.read(
            dates.resolve(text, strict=True, where=str(path)).encode(), model=model, where=str(path)
        )
        if resource.get("resourceType") == "Bundle":
            entries = [
                entry.get("resource") for entry in resource.get("entry", []) if isinstance(entry, dict)
            ]
            found.extend(entry for entry in entries if isinstance(entry, dict) and "id" in entry)
        elif isinstance(resource.get("id"), str):
            found.append(resource)
        else:
            raise InputError(
                Text(nl="resource heeft geen id", en="resource has no id"),
                where=str(path),
                received=str(resource.get("resourceType", "")),
            )
    if not found:
        raise InputError(
            Text(nl="map bevat geen FHIR-resources", en="folder holds no FHIR resources"), where=str(folder)
        )
    return found


def parameters(model: Model) -> list[SearchParameter]:
    """The national search parameters of a FHIR version."""
    name = "r4.yaml" if model.version.startswith("4") else "stu3.yaml"
    path = data_path("profiles", "search") / name
    return from_yaml(path) if path.is_file() else []


def fhir(
    fixtures: Annotated[Path, typer.Option("--fixtures", help="Folder with resources (JSON, XML, Bundles).")],
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
    read_only: Annotated[bool, typer.Option("--read-only", help="Refuse every write.")] = False,
    at: AtOption = None,
    lang: LangOption = "nl",
) -> None:
    """Serve resources from a folder as a strict FHIR server; without --token-map it is open."""
    model = load_model(fhir_version)
    clock = SystemClock()
    t = parse_day(at) if at else today(clock)
    options = ServerOptions(base_url=(base_url or "").rstrip("/"), mount="/fhir", read_only=read_only)
    server = FhirServer.create(
        model.version,
        parameters=parameters(model),
        options=options,
        authorize=_authorize(token_map),
        now=clock.now,
    )
    resources = load_folder(fixtures, model, t, None if at else clock.now())
    server.load(resources)
    gc.collect()
    gc.freeze()  # the loaded resources live as long as the process: later collections need not look at them
    config = uvicorn.Config(AsgiApp(server), host=listen, port=port, log_level="warning", lifespan="off")
    listener = config.bind_socket()
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # accepted connections inherit it
    number = listener.getsockname()[1]
    word = "resources geladen" if lang != "en" else "resources loaded"
    sys.stderr.write(f"{len(resources)} {word}, T = {t}: http://{listen}:{number}/fhir\n")
    sys.stderr.flush()
    uvicorn.Server(config).run(sockets=[listener])


def _authorize(token_map: Path | None) -> Any:
    if token_map is None:
        return open_access
    from harness.testscript.read.tokens import read_token_map

    return by_token({person.token: person.patient for person in read_token_map(token_map)})


app.command()(fhir)
