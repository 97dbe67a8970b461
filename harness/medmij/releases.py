"""Release families of the afsprakenstelsel as data (``profiles/afsprakenstelsel/releases.yaml``).

One code path serves all families: modules ask a :class:`Release` what applies and never compare ids.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Literal

import msgspec

from harness.core.data import data_path
from harness.core.errors import ConfigurationError, UsageError, nearest
from harness.core.text import Text
from harness.core.yamlfile import load_yaml

Function = Literal["collect", "share"]
"""What the person does: collect data (verzamelen) or share it (delen)."""
ScopeForm = Literal["single", "multiple", "name"]
"""``single``: one ``naam~gd``; ``multiple``: one or more of the same provider; ``name``: the bare name."""
ListKind = Literal["zal", "ocl", "gnl", "whl", "zkl"]
LIST_KINDS: tuple[ListKind, ...] = ("zal", "ocl", "gnl", "whl")
"""The four lists that every release publishes; ``zkl`` is optional."""


class Late(msgspec.Struct, frozen=True, kw_only=True):
    """A response time limit: at least ``share`` of the answers within ``seconds``."""

    seconds: float
    share: float


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Times (seconds, days where named so) and sizes (bytes)."""

    token_response: Late
    resource_response: Late
    code_lifetime: int
    access_token_lifetime: int
    refresh_token_days: int
    list_refresh: int
    list_bytes: int


class OclServices(msgspec.Struct, frozen=True, kw_only=True):
    """Element names of the OCL extension that lists services per client (not found in a source)."""

    versions: str
    version: str
    version_id: str
    services: str
    service: str
    service_id: str


class Scopes(msgspec.Struct, frozen=True, kw_only=True):
    """Scope form per function."""

    collect: ScopeForm
    share: ScopeForm


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """One release family.

    :ivar id: ``mm-1.4`` … ``mm-2.2``.
    :ivar interface_version: ``InterfaceversieId`` in the provider list.
    :ivar api: value of the query parameter ``api`` of the list URLs.
    :ivar correlation: MedMij-Request-ID and X-Correlation-ID exist in this family.
    :ivar redirect_uri_encoded: ``redirect_uri`` must be percent-encoded (once).
    :ivar client_id_at_token: whether the token request must carry ``client_id``.
    :ivar refresh: refresh tokens (long-term consent) exist.
    :ivar ocl_check: where services of the client are checked against the OCL.
    :ivar response_scope: when the token response must carry ``scope``.
    :ivar indistinguishable: strength of "no data looks like consent refused".
    :ivar lists: schema id per list kind.
    """

    id: str
    framework: str
    interface_version: str
    api: str
    scope: Scopes
    name_grammar: Literal["letters", "segments"]
    correlation: bool
    redirect_uri_encoded: bool
    state: Literal["required", "optional"]
    client_id_at_token: Literal["required", "optional"]
    refresh: bool
    long_term_consent: bool
    ocl_check: Literal["authorization", "token"]
    response_scope: Literal["optional", "when-narrower"]
    indistinguishable: Literal["MUST", "SHOULD"]
    lists: dict[str, str]

    def scope_form(self, function: Function) -> ScopeForm:
        """The scope form of a function in this family."""
        return self.scope.collect if function == "collect" else self.scope.share


class Framework(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of ``releases.yaml``."""

    releases: dict[str, Release]
    files: dict[str, str]
    namespaces: dict[str, str]
    limits: Limits
    ocl_services: OclServices


@cache
def framework() -> Framework:
    """The framework data.

    :raises ConfigurationError: the data file does not fit :class:`Framework`.
    """
    document = load_yaml(data_path("profiles", "afsprakenstelsel", "releases.yaml"))
    data = dict(document.data)
    data["releases"] = {key: {"id": key, **value} for key, value in data.get("releases", {}).items()}
    try:
        return msgspec.convert(data, Framework, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigurationError(str(error), where=document.path) from None


def oldest_first(ids: Iterable[str]) -> list[str]:
    """Different release family ids in the order of their numbers: ``mm-2.9`` before ``mm-2.10``."""
    return sorted(set(ids), key=lambda item: ([int(part) for part in re.findall(r"[0-9]+", item)], item))


def newest(ids: Iterable[str]) -> str:
    """The newest of some release family ids; ``""`` when there are none."""
    return next(reversed(oldest_first(ids)), "")


def release_ids() -> tuple[str, ...]:
    """All release family ids, oldest first."""
    return tuple(oldest_first(framework().releases))


def release(name: str) -> Release:
    """A release family by id.

    :raises UsageError: unknown id, with the nearest known one.
    """
    found = framework().releases.get(name)
    if found is None:
        hint = nearest(name, release_ids())
        raise UsageError(
            Text(nl=f"onbekende release '{name}'", en=f"unknown release '{name}'"),
            expected=", ".join(release_ids()),
            next_step=Text(nl=f"bedoelde u '{hint}'?", en=f"did you mean '{hint}'?") if hint else "",
        )
    return found


def limits() -> Limits:
    """Times and sizes that hold in every family."""
    return framework().limits
