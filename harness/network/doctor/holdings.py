"""What a server holds of the declared persons, and whether it answers one search of each service.

Nothing of an answer is told but which elements differ, and of an error what a recording may hold: the
doctor's output may be kept, and what a server holds may be of somebody who was not declared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import quote

from lxml import etree

from harness.core.standards.queries import Query, load_queries
from harness.core.standards.table import standards
from harness.core.tdates import TDates
from harness.core.text import Text
from harness.core.verdicts import Blame
from harness.network.doctor.connection import Refused, Reply
from harness.network.doctor.diagnosis import Diagnosis, fine, problem
from harness.record.redact.documents.in_json import JsonDocument
from harness.record.redact.documents.in_xml import XmlDocument
from harness.record.redact.documents.parts import People
from harness.record.redact.people.persons import DeclaredPerson

ACCEPT: Final = "application/fhir+json; fhirVersion=3.0"
ADDED: Final = {"Patient": "_id"}
"""The parameter that ``patient: id-map`` adds to a search; of other types ``patient``."""


@dataclass(frozen=True)
class Holder:
    """A server with data of persons.

    :ivar party: participant id; ``base`` its public base URL.
    :ivar place: where to change what is declared (the network file).
    :ivar ask: sends a GET below the base for a person (id).
    :ivar told: how an answer begins, as it may be told: of a party, to a URL, for a person.
    """

    party: str
    base: str
    place: str
    ask: Callable[[str, str], Reply]
    told: Callable[[str, str, Reply, str], str]


def persons(holder: Holder, declared: Iterable[DeclaredPerson]) -> Iterator[Diagnosis]:
    """Whether the server knows each declared person, and as the person that is declared."""
    for person in declared:
        try:
            reply = holder.ask("/Patient", person.id)
        except Refused as refused:
            yield refused.diagnosis
            return
        yield _person(holder, person, reply)


def _people(reply: Reply) -> People | None:
    """Who is in an answer; ``None`` when it is none."""
    if reply.status != 200:
        return None
    form = XmlDocument if "xml" in reply.headers.get("content-type", "") else JsonDocument
    try:
        return form(reply.body).people()
    except (ValueError, RecursionError, etree.LxmlError):
        return None


def _person(holder: Holder, person: DeclaredPerson, reply: Reply) -> Diagnosis:
    where = f"{holder.base}/Patient"
    known = _people(reply)
    if reply.status in (401, 403):
        return _refused(holder, where, reply)
    if known is None or not known.patients:
        return problem(
            "person-missing",
            holder.party,
            Blame.CONFIGURATION,
            Text(
                nl=f"de server kent de opgegeven persoon '{person.id}' niet",
                en=f"the server does not know the declared person '{person.id}'",
            ),
            Text(
                nl=f"persons: - {{id: {person.id}, patients: [<id op deze server>]}}, of laad de persoon",
                en=f"persons: - {{id: {person.id}, patients: [<id on this server>]}}, or load the person",
            ),
            where=holder.place,
            detail=f"{where}: HTTP {reply.status}, {len(known.patients) if known else 0} Patient",
        )
    if len({item.id for item in known.patients if item.id}) > 1:
        return problem(
            "person-not-selected",
            holder.party,
            Blame.CONFIGURATION,
            Text(
                nl=f"de server geeft meer dan één Patient voor '{person.id}'",
                en=f"the server gives more than one Patient for '{person.id}'",
            ),
            Text(
                nl="patient: zeg hoe de server weet om wie het gaat (header NAAM, query NAAM of id-map)",
                en="patient: say how the server knows who is meant (header NAME, query NAME or id-map)",
            ),
            where=holder.place,
            detail=f"{where}: {len(known.patients)} Patient",
        )
    differs = person.differs(known.patients[0])
    if differs:
        names = ", ".join(_FIELDS.get(name, name) for name in differs)
        return problem(
            "person-differs",
            holder.party,
            Blame.CONFIGURATION,
            Text(
                nl=f"'{person.id}' is op de server iemand anders dan opgegeven: {names}",
                en=f"'{person.id}' is somebody else on the server than declared: {names}",
            ),
            Text(
                nl=f"persons: verbeter {names} van {person.id} (of patients: de juiste Patient-id)",
                en=f"persons: correct {names} of {person.id} (or patients: the right Patient id)",
            ),
            where=holder.place,
            detail=where,
        )
    if differs is None:
        return problem(
            "person-not-compared",
            holder.party,
            Blame.CONFIGURATION,
            Text(
                nl=f"van '{person.id}' is niets opgegeven dat met de server te vergelijken is",
                en=f"nothing is declared of '{person.id}' that can be compared with the server",
            ),
            Text(
                nl=f"persons: - {{id: {person.id}, birth_date: JJJJ-MM-DD, family: [naam]}}",
                en=f"persons: - {{id: {person.id}, birth_date: YYYY-MM-DD, family: [name]}}",
            ),
            where=holder.place,
            level="note",
        )
    what = Text(
        nl=f"'{person.id}' is op de server dezelfde persoon", en=f"'{person.id}' is the same person there"
    )
    return fine("person", holder.party, what, where)


_FIELDS: Final = {"birthDate": "birth_date", "name.family": "family", "identifier": "bsn"}
"""What an element of Patient is called in the network file."""


def services(holder: Holder, names: tuple[str, ...], person: str, t: date) -> Iterator[Diagnosis]:
    """One search of each service.

    :param names: ids of standards.
    :param person: whose data is asked.
    """
    dates = TDates(t)
    for name in names:
        known = standards().get(name)
        query = _first(name) if known is not None else None
        if known is None or query is None:
            continue
        path = f"/{query.path}{_encoded(query, dates)}"
        try:
            reply = holder.ask(path, person)
        except Refused as refused:
            yield refused.diagnosis
            return
        yield _service(holder, f"{known.collect.id} {known.name.nl}", path, reply, person)


def _first(name: str) -> Query | None:
    """The first search of a standard that is for its own data."""
    searches = [item for item in load_queries(name) if item.search and item.flow == "collect"]
    own = [item for item in searches if item.resource_type != "Patient"]
    return next(iter(own or searches), None)


def _encoded(query: Query, dates: TDates) -> str:
    pairs = query.resolved(dates)
    text = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    return f"?{text}" if text else ""


def _service(holder: Holder, service: str, path: str, reply: Reply, person: str) -> Diagnosis:
    where = f"{holder.base}{path}"
    if reply.status in (401, 403):
        return _refused(holder, where, reply)
    if reply.status == 200 and b'"searchset"' in reply.body.replace(b" ", b""):
        what = Text(nl=f"dienst {service} antwoordt", en=f"service {service} answers")
        return fine("service", holder.party, what, where)
    told = holder.told(holder.party, where, reply, person)
    configured = reply.status in (404, 405, 421) or 300 <= reply.status < 400
    return problem(
        "service-search",
        holder.party,
        Blame.CONFIGURATION if configured else Blame.PRODUCT,
        Text(
            nl=f"dienst {service}: een zoekvraag geeft geen searchset",
            en=f"service {service}: a search gives no searchset",
        ),
        Text(
            nl="fhir/resource: verbeter het basisadres van deze dienst, of haal de standaard uit standards",
            en="fhir/resource: correct the base address of this service, or take it out of standards",
        )
        if configured
        else Text(
            nl="laat de server deze zoekvraag beantwoorden; de melding staat hieronder",
            en="make the server answer this search; what it says is below",
        ),
        where=where,
        detail=f"HTTP {reply.status} {told}",
    )


def _refused(holder: Holder, where: str, reply: Reply) -> Diagnosis:
    return problem(
        "data-refused",
        holder.party,
        Blame.CONFIGURATION,
        Text(
            nl=f"de server weigert gegevens ({reply.status})", en=f"the server refuses data ({reply.status})"
        ),
        Text(nl="auth/credential: geef geldige toegang op", en="auth/credential: give valid access"),
        where=where,
    )


def silent_parameters(party: str, patient: str, place: str) -> Iterator[Diagnosis]:
    """What ``patient: id-map`` adds to searches without the PGO having asked it."""
    if patient != "id-map":
        return
    yield problem(
        "parameters-added",
        party,
        Blame.CONFIGURATION,
        Text(
            nl="onze DVZA voegt aan elke zoekvraag toe: patient=<id> (bij Patient: _id=<id>)",
            en="our DVZA adds to every search: patient=<id> (for Patient: _id=<id>)",
        ),
        Text(
            nl="kent de server die parameters niet, schrijf dan patient: id-map plain",
            en="if the server does not know these parameters, write patient: id-map plain",
        ),
        where=place,
        level="note",
    )
