"""The queries of a standard (``profiles/<standard>/queries.yaml``): what a PGO asks, as data.

The PGO twin sends them, the HIS twin recognises them, judges compare a PGO's traffic with them. Values hold
``T``-relative placeholders; :meth:`Query.resolved` fills them in.

::

    queries = load_queries("huisartsgegevens-2.0")
    queries["hg-patient"].resolved(tdates)                  # (("_include", "Patient:general-practitioner"),)
    queries.recognise("GET", "/fhir/Patient?_include=…", tdates)      # the Query, or None
    base_operation("hg-patient-json")                       # ("hg-patient", "json")
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from harness.core.standards.table import Standard, standard
from harness.core.tdates import TDates
from harness.core.yamlfile import load_yaml

_SUFFIX = re.compile(r"^(.*)-(json|xml|native)$")
_SEARCH = re.compile(r"[A-Z][A-Za-z]+(/\$lastn)?")

Pairs = tuple[tuple[str, str], ...]


IDENTIFYING: Final = ("patient", "subject", "owner")
"""Search parameters that would point at the person."""
BESIDES: Final = frozenset({"access_token", "_format", "_count", "_sort", "_summary", "_elements"})
"""Parameters that change nothing of which resources are asked for."""


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """One request of a standard.

    :ivar operation: name; exchanges are labelled ``<operation>-<format>``.
    :ivar path: below the resource base; ``{value}`` is filled by ``each``.
    :ivar params: names and unencoded values, T-relative, order as the official script sends them.
    :ivar formats: ``json``, ``xml``, ``native`` (no FHIR Accept).
    :ivar flow: ``collect`` or ``share``.
    :ivar each: operation and FHIRPath expression whose values in that answer are requested one by one.
    :ivar profiles: canonical URLs of which each match satisfies one; none: those of the standard that are of
        its type.
    :ivar reads: resource type that the values of ``each`` lead to.
    :ivar document: a document is asked for; its exchanges have the interface ``document``.
    :ivar role: part of the code of the system role whose endpoint answers; ``""``: the first role.
    :ivar limit: most values of ``each`` that are requested.
    :ivar body: name of a Bundle in ``fixtures/records/<person>/sent``, ``""`` for none.
    :ivar headers: extra request headers.
    :ivar authorization: ``bearer`` or ``none``.
    :ivar official: official scripts that ask the same (without format suffix).
    """

    operation: str
    method: str = "GET"
    path: str = ""
    params: Pairs = ()
    formats: tuple[str, ...] = ("json", "xml")
    flow: str = "collect"
    each: tuple[str, str] | None = None
    profiles: tuple[str, ...] = ()
    reads: str = ""
    document: bool = False
    role: str = ""
    limit: int = 0
    body: str = ""
    headers: dict[str, str] = {}
    authorization: str = "bearer"
    official: tuple[str, ...] = ()
    notes: str = ""

    @property
    def search(self) -> bool:
        """Whether a searchset is the answer."""
        return self.method == "GET" and _SEARCH.fullmatch(self.path) is not None

    @property
    def resource_type(self) -> str:
        """The resource type that is searched or read, ``""`` when the path does not say."""
        name = self.path.split("/", 1)[0]
        return name if name[:1].isupper() else ""

    def resolved(self, dates: TDates) -> Pairs:
        """The parameters with dates filled in."""
        return tuple((name, dates.resolve(value, strict=True)) for name, value in self.params)


class Queries(msgspec.Struct, frozen=True, kw_only=True):
    """All queries of one standard, in the order in which they are asked."""

    standard: str
    queries: tuple[Query, ...]

    @property
    def resource_types(self) -> frozenset[str]:
        """What its searches look for, the person aside: the data that the standard is about."""
        return frozenset(item.resource_type for item in self.queries if item.search) - {"Patient", ""}

    @property
    def collected(self) -> frozenset[str]:
        """The types that it asks for, by search or by reading, the person included."""
        asked = ((item.reads, item.path.partition("/")[0]) for item in self.queries if item.flow == "collect")
        return frozenset(name for names in asked for name in names if name.isalpha())

    @property
    def bodies(self) -> frozenset[str]:
        """Names of the Bundles that a person sends."""
        return frozenset(item.body for item in self.queries) - {""}

    def __iter__(self) -> Iterator[Query]:
        return iter(self.queries)

    def get(self, operation: str) -> Query | None:
        """The query of an operation (format suffix allowed), or ``None``."""
        wanted = base_operation(operation)[0]
        return next((item for item in self.queries if item.operation == wanted), None)

    def __getitem__(self, operation: str) -> Query:
        found = self.get(operation)
        if found is None:
            raise KeyError(operation)
        return found

    def recognise(self, method: str, url: str, dates: TDates) -> Query | None:
        """Which query a request is: same method, same path end, same parameters in any order.

        A request that points at the person besides is the query, with a mistake.

        :param url: absolute URL or path with query string, percent-encoded.
        """
        parts = urlsplit(url)
        path = unquote(parts.path).rstrip("/")
        given = sorted(parse_qsl(parts.query, keep_blank_values=True))
        return self._first(method, path, dates, given, [p for p in given if not points_at_person(p[0])])

    def meant(self, method: str, url: str, dates: TDates) -> Query | None:
        """Which query a client meant: as :meth:`recognise`, parameters that ask nothing (``aside``) left out.

        Its answer need not be that of the query.
        """
        parts = urlsplit(url)
        path = unquote(parts.path).rstrip("/")
        given = sorted(parse_qsl(parts.query, keep_blank_values=True))
        return self._first(method, path, dates, given, [pair for pair in given if not aside(*pair)])

    def _first(self, method: str, path: str, dates: TDates, *readings: list[tuple[str, str]]) -> Query | None:
        there = [
            item
            for item in self.queries
            if item.method == method and item.path and "{" not in item.path and path.endswith("/" + item.path)
        ]
        for sent in readings:
            for query in there:
                if sorted(query.resolved(dates)) == sent:
                    return query
        return None


def aside(parameter: str, value: str) -> bool:
    """Whether a parameter is none of what a query asks: with it, it is the query with a mistake.

    It points at the person, is a token, or says how the answer is to come (FHIR 3.1.1: *result parameters*).
    """
    by_number = "namingsystem/bsn" in value.lower()
    return points_at_person(parameter) or by_number or parameter in BESIDES


def points_at_person(parameter: str) -> bool:
    """Whether a search parameter (modifier and chain aside) selects by person."""
    return parameter.split(":")[0].split(".")[0] in IDENTIFYING


def base_operation(operation: str) -> tuple[str, str]:
    """An exchange's operation as query name and format (``""`` when it states none)."""
    match = _SUFFIX.match(operation)
    return (match.group(1), match.group(2)) if match else (operation, "")


@cache
def load_queries(standard_id: str) -> Queries:
    """The queries of a standard.

    :raises UsageError: unknown standard id.
    :raises ConfigurationError: the file is wrong.
    """
    return read_queries(standard(standard_id))


def read_queries(item: Standard) -> Queries:
    """The queries in the folder of a standard.

    :raises ConfigurationError: the file is wrong.
    """
    data = load_yaml(item.folder / "queries.yaml", schema="queries").data
    common = {key: data[key] for key in ("formats", "flow") if key in data}
    queries = [{**common, **raw} for raw in data["queries"]]
    return msgspec.convert({"standard": item.id, "queries": queries}, Queries)
