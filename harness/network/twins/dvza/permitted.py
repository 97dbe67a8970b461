"""What the token of a service is for: reading what is collected, or writing what is shared; no other types.

A grant covers services, and each service one function. So at a collecting service nothing is written, at a
sharing one nothing is read (in a batch neither), and a type that only other standards ask for is of another
service. Types that no standard asks for (Practitioner, Medication) belong to whatever refers to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Final, Literal
from urllib.parse import unquote

from harness.core.http.addresses import parameters
from harness.core.run.exchanges import Request, media_type
from harness.core.standards.queries import load_queries
from harness.core.standards.table import service_standard, standards
from harness.fhir.codec.documents import parse
from harness.fhir.codec.media import format_of
from harness.fhir.model.types import load_model
from harness.fhir.search.parameters import COMMON_PARAMETERS
from harness.fhir.search.query import RESULT_PARAMETERS

_GENERAL: Final = COMMON_PARAMETERS | RESULT_PARAMETERS | {"_type"}
"""Parameters of a search without a type."""
READING: Final = ("GET", "HEAD")
Case = Literal["", "not-allowed", "insufficient-scope"]
"""What is wrong: ``not-allowed`` is the method, whatever it is used on."""


def methods(service: str) -> tuple[str, ...]:
    """The methods of a service, for ``Allow``."""
    return ("POST",) if _shares(service) else READING


def refusal(service: str, request: Request, base: str) -> Case:
    """Why a request is outside the service that its token is for.

    :param request: what the HIS would be asked; its URL starts with ``base``.
    """
    path, _, query = request.url[len(base) :].partition("?")  # no urlsplit: "//Type" is a path here
    segments = tuple(unquote(part) for part in path.split("/") if part)
    if {".", ".."} & set(segments):  # a HIS that resolves them would leave what was checked here
        return "insufficient-scope"
    search = segments[1:] == ("_search",) and request.method == "POST"
    if _shares(service):
        if request.method != "POST":
            return "not-allowed"
        reads = len(segments) > 1 or (not segments and not _only_creates(request))
        return "insufficient-scope" if reads else ""
    if request.method not in READING and not search:
        return "not-allowed"
    pairs = parameters(query) + (parameters(request.body.decode("latin-1")) if search else [])
    asked = {*segments, *(kind for pair in pairs for kind in _added(*pair))}
    if _of_all_types(segments, pairs) or "*" in asked or _operations(asked) - _own(service):
        return "insufficient-scope"
    return "insufficient-scope" if asked & _types_of_others(service) else ""


def _shares(service: str) -> bool:
    known = service_standard(service)
    return known is not None and known.share is not None and known.share.id == service


def _only_creates(request: Request) -> bool:
    """Whether no entry of a posted Bundle does anything else; what cannot be read is left to the HIS."""
    if not format_of(media_type(request.headers)):
        return True
    found = parse(request.body, model=load_model("3.0.2"))
    entries = found.resource.get("entry") if isinstance(found.resource, dict) else None
    wanted = [entry.get("request") for entry in entries or () if isinstance(entry, dict)]
    return all(isinstance(item, dict) and item.get("method") == "POST" for item in wanted)


def _of_all_types(segments: tuple[str, ...], pairs: Iterable[tuple[str, str]]) -> bool:
    """Whether a request is about whatever a HIS holds: its history, or a search without a type.

    A next page may stand there too: it has a parameter that is no search parameter of all types.
    """
    if segments:
        return segments[0] in ("_history", "_search")
    return {name.partition(":")[0] for name, _ in pairs} <= _GENERAL


def _added(name: str, value: str) -> tuple[str, ...]:
    """The types that a parameter adds to an answer: source and target of an include, and ``_type``."""
    if name == "_type":
        return tuple(item.strip() for item in value.split(","))
    if not name.startswith(("_include", "_revinclude")):
        return ()
    source, _, rest = value.partition(":")
    return source, rest.partition(":")[2]


def _operations(segments: Iterable[str]) -> set[str]:
    return {item for item in segments if item.startswith("$")}


@cache
def _own(service: str) -> frozenset[str]:
    """The operations that the standard of a service asks for."""
    own = service_standard(service)
    paths = (query.path for query in load_queries(own.id)) if own else ()
    return frozenset(part for path in paths for part in path.split("/") if part.startswith("$"))


@cache
def _types_of_others(service: str) -> frozenset[str]:
    """Types that other standards ask for, and that of this service does not."""
    own = service_standard(service)
    everything = (load_queries(name).collected for name in standards())
    return frozenset().union(*everything) - (load_queries(own.id).collected if own else frozenset())
