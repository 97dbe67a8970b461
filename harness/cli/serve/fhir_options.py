"""Options of ``harness serve fhir``: what it is, how strict it is, and what it does wrong on purpose.

Each switch of :class:`~harness.fhir.server.options.ServerOptions` has its option here; the defaults are the
strict reading of FHIR.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import Annotated

import typer

from harness.core.errors import UsageError, nearest
from harness.core.text import Text
from harness.fhir.model.types import Model
from harness.fhir.server.faults import FAULTS
from harness.fhir.server.options import ServerOptions, Validation


class Form(str, Enum):
    """``--default-format``."""

    JSON = "json"
    XML = "xml"


class Paging(str, Enum):
    """``--paging``."""

    OFFSET = "offset"
    TOKEN = "token"
    NONE = "none"


class Writes(str, Enum):
    """``--validate-writes``."""

    OFF = "off"
    STRUCTURE = "structure"
    BASE = "base"
    PROFILES = "profiles"


class Unknown(str, Enum):
    """``--unknown-parameters``."""

    REFUSE = "refuse"
    IGNORE = "ignore"


class ReceivedPatient(str, Enum):
    """``--received-patient``."""

    OWN = "own"
    NEW = "new"


Names = list[str] | None


@dataclass(frozen=True)
class Strictness:
    """How strict the server is."""

    validate_writes: Annotated[
        Writes, typer.Option("--validate-writes", help="What a resource that is written must meet.")
    ] = Writes.STRUCTURE
    unknown_parameters: Annotated[
        Unknown, typer.Option("--unknown-parameters", help="What to do with parameters it does not know.")
    ] = Unknown.REFUSE
    paging: Annotated[Paging, typer.Option("--paging", help="How pages are linked.")] = Paging.OFFSET
    page_size: Annotated[
        int, typer.Option("--page-size", min=0, help="Matches per page without _count (0: all).")
    ] = 0
    max_page: Annotated[
        int, typer.Option("--max-page", min=0, help="Most matches per page, whatever _count asks (0: any).")
    ] = 0
    read_only: Annotated[bool, typer.Option("--read-only", help="Refuse every write.")] = False
    default_format: Annotated[
        Form, typer.Option("--default-format", help="Format when the client accepts anything.")
    ] = Form.JSON
    cors: Annotated[
        str, typer.Option("--cors", metavar="ORIGIN", help="Origin whose pages may call it; 'none' for none.")
    ] = "*"
    stamp: Annotated[
        bool, typer.Option("--stamp/--no-stamp", help="Write versionId and lastUpdated in what it stores.")
    ] = True
    compress: Annotated[bool, typer.Option("--gzip/--no-gzip", help="Answer in gzip where asked.")] = True


@dataclass(frozen=True)
class Kind:
    """What kind of server it is."""

    types: Annotated[Names, typer.Option("--type", metavar="TYPE", help="Serve only these types.")] = None
    unsupported: Annotated[
        Names, typer.Option("--unsupported", metavar="TYPE", help="Types that answer 404 not-supported.")
    ] = None
    not_served: Annotated[
        Names, typer.Option("--not-served", metavar="TYPE", help="Types that are received, but not given.")
    ] = None
    drop: Annotated[
        Names, typer.Option("--drop", metavar="TYPE/ID", help="Resources that are stored but never found.")
    ] = None
    compartment_through: Annotated[
        Names,
        typer.Option("--compartment-through", metavar="TYPE", help="Types that extend a patient's records."),
    ] = None
    received_patient: Annotated[
        ReceivedPatient,
        typer.Option("--received-patient", help="A Patient sent with its own token: that one, or a new one."),
    ] = ReceivedPatient.OWN
    task_needs_response: Annotated[
        bool, typer.Option("--task-needs-response", help="Refuse a completed Task without its response.")
    ] = False
    type_prefix: Annotated[
        bool, typer.Option("--type-prefix", help="Accept the type before a parameter (Patient.identifier).")
    ] = False
    fault: Annotated[
        Names,
        typer.Option("--fault", metavar="NAME", help="Deliberate fault (repeatable; 'list' shows them)."),
    ] = None
    delay: Annotated[float, typer.Option("--delay", min=0, help="Seconds before every answer.")] = 0.0


def server_options(
    strictness: Strictness, kind: Kind, model: Model, *, base_url: str, validation: Validation
) -> ServerOptions:
    """The switches as the server takes them.

    :raises UsageError: a type or a fault that does not exist.
    """
    for option, names in (
        ("--type", kind.types),
        ("--unsupported", kind.unsupported),
        ("--not-served", kind.not_served),
        ("--compartment-through", kind.compartment_through),
    ):
        _known(option, names, model.resource_types)
    _known("--fault", kind.fault, FAULTS)
    return ServerOptions(
        base_url=base_url.rstrip("/"),
        mount="/fhir",
        default_format=strictness.default_format.value,
        unsupported=frozenset(kind.unsupported or ()),
        not_served=frozenset(kind.not_served or ()),
        types=frozenset(kind.types) if kind.types else None,
        drop=frozenset(kind.drop or ()),
        compartment_through=frozenset(kind.compartment_through or ()),
        unknown_parameters=strictness.unknown_parameters.value,
        received_patient=kind.received_patient.value,
        task_needs_response=kind.task_needs_response,
        paging=strictness.paging.value,
        page_size=strictness.page_size,
        max_page=strictness.max_page,
        stamp=strictness.stamp,
        read_only=strictness.read_only,
        validate_writes=strictness.validate_writes.value,
        validation=validation,
        type_prefix=kind.type_prefix,
        cors="" if strictness.cors == "none" else strictness.cors,
        faults=frozenset(kind.fault or ()),
    )


def _known(option: str, names: Names, known: Collection[str]) -> None:
    for name in names or ():
        if name not in known:
            hint = nearest(name, known)
            raise UsageError(
                Text(nl=f"onbekend: {name}", en=f"unknown: {name}"),
                where=option,
                expected=hint or ", ".join(sorted(known)),
                received=name,
            )
