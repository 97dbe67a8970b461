"""Everything that can be switched on our FHIR server, each by name; the defaults are the strict reading of
FHIR.

A mock never repairs bad input silently: what deviates from the default is chosen here and can be printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.core.issues import Issue
from harness.core.run.exchanges import Request, header
from harness.core.text import Text
from harness.fhir.store import Patients

Validation = Callable[[dict[str, Any], Sequence[str], bool], Iterable[Issue]]
"""Issues of a resource, by: the resource, profiles that it must conform to, whether those in
``meta.profile`` count too."""
WriteCheck = Literal["off", "structure", "base", "profiles"]
PagingForm = Literal["offset", "token", "none"]
BundleHook = Callable[[dict[str, Any], Request], dict[str, Any]]
ResourceHook = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Access:
    """What a request may see: the compartment of one patient or of several, with ``None`` the whole store."""

    patient: Patients | None = None


@dataclass(frozen=True)
class Refusal:
    """A request that is not let in: 401 without or with a wrong token, 403 for a known one without rights."""

    status: int = 401
    message: Text = field(
        default=Text(nl="geen of ongeldig toegangsbewijs (token)", en="missing or invalid access token")
    )


Authorize = Callable[[Request], Access | Refusal]


def open_access(request: Request) -> Access:
    """Authorization of a server without access control."""
    return Access()


def by_token(patients: Mapping[str, Patients]) -> Authorize:
    """Authorization by bearer token.

    :param patients: patient (or patients) by Authorization header value, with or without ``Bearer ``.
    """
    known = {token.removeprefix("Bearer "): patient for token, patient in patients.items()}

    def authorize(request: Request) -> Access | Refusal:
        value = header(request.headers, "authorization") or ""
        scheme, _, token = value.partition(" ")
        patient = known.get(token.strip()) if scheme.lower() == "bearer" else None
        return Refusal() if patient is None else Access(patient)

    return authorize


@dataclass(frozen=True)
class Document:
    """A document outside the FHIR API that the server hosts (a PDF that an attachment refers to).

    :ivar url: absolute URL as the resources state it.
    :ivar access: ``open``, or ``token`` when it takes the same access token as the FHIR API.
    """

    url: str
    content: bytes = field(repr=False)
    content_type: str = "application/pdf"
    access: Literal["open", "token"] = "token"


@dataclass(frozen=True)
class ServerOptions:
    """Named switches of one server.

    :ivar base_url: absolute base URL without trailing slash; ``""`` takes scheme and host of each request.
    :ivar mount: path below the host when ``base_url`` is empty, e.g. ``/fhir``.
    :ivar default_format: format when the client accepts anything.
    :ivar unsupported: resource types that answer 404 ``not-supported``.
    :ivar not_served: types that are accepted in a batch or transaction, but not read or searched (404
        ``not-supported``).
    :ivar types: when given, the only resource types that are supported.
    :ivar drop: keys ``Type/id`` that are stored but never found (fixtures that a vendor would not have).
    :ivar documents: documents hosted next to the API.
    :ivar compartment_through: types through which a compartment extends (a child's records that hang on the
        mother's EpisodeOfCare or Encounter).
    :ivar unknown_parameters: ``refuse`` with 400, or ``ignore`` and leave out of the self link.
    :ivar received_patient: a Patient created with a patient's token in a batch or transaction: ``own``
        takes it for that patient (references are rewritten to the stored Patient), ``new`` makes a second
        one.
    :ivar task_needs_response: refuse a Task that becomes ``completed`` while no QuestionnaireResponse is
        linked.
    :ivar paging: how the pages of a search are linked: ``offset`` (the same search with ``_offset``),
        ``token`` (an opaque address, on the result as it was when the first page was asked), or ``none``:
        with ``_count`` the first ones, without further links and without a total.
    :ivar page_size: matches on a page when the client names no ``_count``; 0 for all.
    :ivar max_page: most matches on a page, whatever ``_count`` asks; 0 for no limit.
    :ivar stamp: write ``meta.versionId`` and ``meta.lastUpdated`` in stored resources.
    :ivar read_only: refuse every write with 405.
    :ivar validate_writes: what a resource that is written must meet (else 422): ``structure`` (elements and
        types of the specification: it can be given back in both formats), ``base`` (all rules of the
        specification), ``profiles`` (also what ``meta.profile`` names), or ``off``.
    :ivar validation: what decides that, and ``$validate``; ``None`` is the base specification with the
        embedded profiles.
    :ivar type_prefix: accept the own type before a parameter (``Patient.identifier`` on Patient).
    :ivar cors: origin whose pages may call the server from a browser, ``*`` for any, ``""`` for none.
    :ivar faults: deliberate faults by name (:mod:`harness.fhir.server.faults`).
    :ivar transform_resource: changes each resource that leaves the server.
    :ivar transform_bundle: changes each searchset that leaves the server.
    """

    base_url: str = ""
    mount: str = ""
    default_format: Literal["json", "xml"] = "json"
    unsupported: frozenset[str] = frozenset()
    not_served: frozenset[str] = frozenset()
    types: frozenset[str] | None = None
    drop: frozenset[str] = frozenset()
    documents: tuple[Document, ...] = ()
    compartment_through: frozenset[str] = frozenset()
    unknown_parameters: Literal["refuse", "ignore"] = "refuse"
    received_patient: Literal["own", "new"] = "own"
    task_needs_response: bool = False
    paging: PagingForm = "offset"
    page_size: int = 0
    max_page: int = 0
    stamp: bool = True
    read_only: bool = False
    validate_writes: WriteCheck = "structure"
    validation: Validation | None = None
    type_prefix: bool = False
    cors: str = ""
    faults: frozenset[str] = frozenset()
    transform_resource: ResourceHook | None = None
    transform_bundle: BundleHook | None = None

    def describe(self) -> dict[str, Any]:
        """The switches that differ from the default, for reports."""
        plain: dict[str, Any] = {}
        for name, default in vars(ServerOptions()).items():
            value = getattr(self, name)
            if value != default:
                if isinstance(value, frozenset):
                    plain[name] = sorted(value)
                elif name == "documents":
                    plain[name] = [f"{document.url} ({document.access})" for document in self.documents]
                else:
                    plain[name] = value if isinstance(value, (str, bool, int)) else "custom"
        return plain
