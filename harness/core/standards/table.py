"""Information standards as data: ``profiles/standards.yaml`` (services, system roles, FHIR version)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import msgspec

from harness.core.data import data_path
from harness.core.errors import UsageError, nearest
from harness.core.text import Text
from harness.core.yamlfile import load_yaml


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A gegevensdienst: its id, display name and the system role codes that serve it."""

    id: str
    name: str
    roles: tuple[str, ...]


class Standard(msgspec.Struct, frozen=True, kw_only=True):
    """An information standard at a version.

    :ivar short: two letters that operation names start with (``hg``).
    :ivar fhir_version: value of the ``fhirVersion`` media type parameter.
    :ivar share: the service through which a person sends data, when the standard has one.
    """

    id: str
    title: Text
    short: str
    fhir_version: str
    collect: Service
    share: Service | None = None

    @property
    def services(self) -> tuple[Service, ...]:
        """Collect first, then share."""
        return (self.collect,) if self.share is None else (self.collect, self.share)


@cache
def standards() -> Mapping[str, Standard]:
    """All known standards by id, in the order of the data file."""
    data = load_yaml(data_path("profiles", "standards.yaml")).data["standards"]
    return {key: msgspec.convert({"id": key, **value}, Standard) for key, value in data.items()}


def standard(standard_id: str) -> Standard:
    """One standard.

    :raises UsageError: unknown id.
    """
    known = standards()
    if standard_id not in known:
        raise UsageError(
            Text(nl=f"onbekende standaard '{standard_id}'", en=f"unknown standard '{standard_id}'"),
            expected=", ".join(known),
            received=standard_id,
            next_step=nearest(standard_id, known),
        )
    return known[standard_id]


def service_standard(service_id: str) -> Standard | None:
    """The standard that a gegevensdienst id belongs to."""
    return next(
        (item for item in standards().values() if any(part.id == service_id for part in item.services)), None
    )
