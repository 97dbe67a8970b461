"""What a network file says, strict and typed: participants, persons, stelselnode, trust, connect map."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal

import msgspec

from harness.core.errors import ConfigurationError, nearest
from harness.core.run.findings import Cell
from harness.core.text import Text
from harness.network.person.persons import FixturePerson, fixture_persons

STELSELNODE: Final = "stelselnode"
"""Participant id of whoever publishes the lists, in exchanges."""


class Credential(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a secret is found; the secret itself never stands in a network file."""

    env: str = ""
    file: str = ""

    def read(self, base: Path) -> str:
        """The secret.

        :raises ConfigurationError: variable not set or file not readable.
        """
        if self.env:
            value = os.environ.get(self.env, "")
            if not value:
                raise ConfigurationError(
                    Text(nl="omgevingsvariabele is niet gezet", en="environment variable is not set"),
                    where=self.env,
                )
            return value
        try:
            return (base / self.file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise ConfigurationError(
                Text(nl="bestand met geheim ontbreekt", en="file with the secret is missing"),
                where=str(base / self.file),
            ) from None


class NetworkPerson(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A declared test person of the network file (or, with only an id, one of our fixtures).

    :ivar situation: what is special about the person: no data, no treatment relation, younger than 16, or
        sixteen today or in the last year. Such a person is never the one of a cell.
    """

    id: str
    name: str = ""
    bsn: str = ""
    birth_date: str = ""
    family: tuple[str, ...] = ()
    patients: tuple[str, ...] = ()
    standards: tuple[str, ...] = ()
    record: str = ""
    situation: Literal["", "no-data", "no-relation", "under-16", "sixteen"] = ""
    token: Credential | None = None
    values: dict[str, str | Credential] = {}


class Client(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A PGO that takes part only to be told apart from others: its host, certificate and redirect_uri."""

    host: str
    certificate: str
    key: str
    redirect_uri: str = ""


class Stelselnode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who publishes the lists."""

    kind: Literal["twin", "live"] = "twin"
    host: str = "stelselnode.medmij.example"
    url: str = ""
    mtls: bool = True
    faults: tuple[str, ...] = ()


class Participant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One participant; which fields matter depends on its role (see the network file reference).

    :ivar standards: in a network file that names none, those of the default verdict.
    """

    id: str
    role: Literal["his", "dvza", "pgo"]
    kind: Literal["twin", "live"]
    vendor: str = ""
    product: str = ""
    version: str = ""
    standards: tuple[str, ...] = ()
    releases: tuple[str, ...] = ("mm-2.2",)
    capabilities: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    # HIS
    dvza: str = ""
    provider: str = ""
    display: str = ""
    behaviour: Literal["json-contained", "xml-includes"] = "json-contained"
    persons: tuple[str, ...] = ()
    person: dict[str, str] = {}
    fhir: str = ""
    auth: Literal["none", "bearer", "header", "mtls"] = "none"
    auth_header: str = "X-Api-Key"
    credential: Credential | None = None
    patient: str = ""
    id_map: dict[str, str] = {}
    certificate: str = ""
    key: str = ""
    # DVZA
    front: str = ""
    back: str = ""
    availability: Literal["early", "late"] = "early"
    lists: str = ""
    authorize: str = ""
    token: str = ""
    resource: dict[str, str] = {}
    login: str = ""
    # PGO
    host: str = ""
    organisation: str = ""
    client_id: str = ""
    redirect_uri: str = ""
    services: tuple[str, ...] = ()
    list_fetcher: Literal["", "shared"] = ""

    @property
    def front_host(self) -> str:
        """Public front-channel host of a DVZA twin."""
        return self.front or f"inlog.{self.id}.example"

    @property
    def back_host(self) -> str:
        """Public back-channel host of a DVZA twin."""
        return self.back or f"mtls.{self.id}.example"

    @property
    def pgo_host(self) -> str:
        """Node host of a PGO: its client id."""
        return self.client_id or self.host or f"{self.id}.example"

    @property
    def redirect(self) -> str:
        """The redirect_uri of a PGO."""
        return self.redirect_uri or f"https://{self.pgo_host}/redirect"

    @property
    def provider_name(self) -> str:
        """MedMij name of the care provider behind a HIS, with ``@medmij``."""
        name = self.provider or medmij_name(self.id)
        return name if name.endswith("@medmij") else f"{name}@medmij"

    @property
    def title(self) -> str:
        """A name for people."""
        return self.display or self.organisation or self.product or self.vendor or self.id

    @property
    def screen_name(self) -> str:
        """The name that screens of a DVZA must show, ``""`` when a live party's is not known."""
        return self.display or (self.title if self.kind == "twin" else "")


def stated_endpoints(participants: Iterable[Participant]) -> list[str]:
    """Live DVZAs whose endpoints stand in the network file itself."""
    return [
        item.id for item in participants if item.role == "dvza" and item.kind == "live" and not item.lists
    ]


def medmij_name(participant_id: str) -> str:
    """A MedMij name without suffix made from an id: fragments start with a letter, at most four digits."""
    parts = [re.sub(r"[^a-z0-9]", "", part) for part in participant_id.split("-")]
    segments = []
    for part in parts:
        match = re.fullmatch(r"([a-z]+)([0-9]{0,4})[0-9]*", part)
        segments.append(match.group(1) + match.group(2) if match else "nr" + re.sub(r"[^0-9]", "", part)[:4])
    return "-".join(segment for segment in segments if segment) or "praktijk"


class Network(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of a network file.

    :ivar path: the file, for messages; relative files are found next to it.
    :ivar trust: PEM files of trust anchors, or ``system``.
    :ivar connect: public ``host:port`` → ``address:port`` where it really listens.
    :ivar second_client: another PGO that a live DVZA admits, so that it can be seen to tell them apart;
        ``off_list_client``: one with a proper certificate that is not on the Whitelist.
    """

    participants: tuple[Participant, ...]
    name: str = ""
    description: str = ""
    trust: tuple[str, ...] | str = ()
    proxy: str = "none"
    connect: dict[str, str] = {}
    persons: tuple[NetworkPerson, ...] = ()
    stelselnode: Stelselnode = Stelselnode()
    second_client: Client | None = None
    off_list_client: Client | None = None
    path: str = ""

    @property
    def base(self) -> Path:
        """Folder against which relative files are resolved."""
        return Path(self.path).parent if self.path else Path()

    def participant(self, participant_id: str) -> Participant:
        """One participant.

        :raises ConfigurationError: unknown id.
        """
        found = next((item for item in self.participants if item.id == participant_id), None)
        if found is None:
            ids = [item.id for item in self.participants]
            raise ConfigurationError(
                Text(
                    nl=f"onbekende deelnemer '{participant_id}'", en=f"unknown participant '{participant_id}'"
                ),
                where=self.path,
                expected=", ".join(ids),
                received=participant_id,
                next_step=nearest(participant_id, ids),
            )
        return found

    def of_role(self, role: str) -> tuple[Participant, ...]:
        """Participants in a role, in file order."""
        return tuple(item for item in self.participants if item.role == role)

    def behind(self, dvza_id: str) -> tuple[Participant, ...]:
        """The HISs behind a DVZA."""
        return tuple(item for item in self.of_role("his") if item.dvza == dvza_id)

    def knows(self, his_id: str, person: str) -> bool:
        """Whether a person is one of this network: declared, or one of our own when nobody is declared."""
        held = self.participant(his_id).persons
        declared = {item.id for item in self.persons}
        return (not held or person in held) and (not declared or person in declared)

    def person_of(self, cell: Cell) -> str:
        """The test person of a cell, ``""`` when none is declared for the standard.

        Order: the HIS's ``person`` map, a network person that names the standard, the first network person
        without standards, the first of our own persons that the HIS holds and that has data of the standard.
        A live HIS holds those of them that the file names.
        """
        his = self.participant(cell.his)
        if cell.standard in his.person:
            return his.person[cell.standard]
        held = [item for item in self.persons if not his.persons or item.id in his.persons]
        declared = [item for item in held if not item.situation]
        for item in declared:
            if cell.standard in item.standards:
                return item.id
        for item in declared:
            if not item.standards:
                return item.id
        for person in fixture_persons():
            holds = person.id in his.persons if his.persons else his.kind == "twin"
            if holds and cell.standard in person.standards:
                return person.id
        return ""

    def own_persons(self) -> tuple[FixturePerson, ...]:
        """Our own persons who may be met: all where a HIS is a twin or there is none; where every one is live
        those that the file names.
        """
        every = self.of_role("his")
        if not every or any(his.kind == "twin" for his in every):
            return fixture_persons()
        named = {person.id for person in self.persons}
        named.update(name for his in every for name in (*his.persons, *his.person.values()))
        return tuple(item for item in fixture_persons() if item.id in named)
