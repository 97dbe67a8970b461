"""The network file: who takes part, where they live, which persons are declared (DESIGN section 7).

:class:`Network` is the strict, typed form. Loading checks the JSON Schema, then what a schema cannot say:
references between participants, fields that do not belong to a role, files that must exist.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from harness.core.data import data_path
from harness.core.errors import ConfigurationError, nearest
from harness.core.run.findings import Cell
from harness.core.standards.faults import faults
from harness.core.standards.table import default_standards, standards
from harness.core.text import Text
from harness.core.yamlfile import YamlDocument, load_yaml
from harness.medmij.lists.faults import NAMES as LIST_FAULTS

_COMMON: Final = {
    "id", "role", "kind", "vendor", "product", "version", "standards", "releases", "capabilities", "faults",
}  # fmt: skip
_BY_ROLE: Final[dict[str, set[str]]] = {
    "his": {
        "dvza", "provider", "display", "behaviour", "persons", "person", "fhir", "auth", "auth_header",
        "credential", "patient", "id_map", "certificate", "key",
    },
    "dvza": {
        "front", "back", "availability", "lists", "authorize", "token", "resource", "login", "certificate",
        "key",
    },
    "pgo": {"host", "organisation", "client_id", "redirect_uri", "certificate", "key", "services"},
}  # fmt: skip


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
    """A declared test person of the network file (or, with only an id, one of our fixtures)."""

    id: str
    name: str = ""
    bsn: str = ""
    birth_date: str = ""
    family: tuple[str, ...] = ()
    patients: tuple[str, ...] = ()
    standards: tuple[str, ...] = ()
    expectations: str = ""
    token: Credential | None = None
    values: dict[str, str | Credential] = {}


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
    """

    participants: tuple[Participant, ...]
    name: str = ""
    description: str = ""
    trust: tuple[str, ...] | str = ()
    proxy: str = "none"
    connect: dict[str, str] = {}
    persons: tuple[NetworkPerson, ...] = ()
    stelselnode: Stelselnode = Stelselnode()
    path: str = ""

    @classmethod
    def load(cls, path: Path | str) -> Network:
        """Read and check a network file; ``demo`` is the embedded network.

        :raises ConfigurationError: with file, line, and the nearest known word.
        """
        return load_network(path)

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

    def person_of(self, cell: Cell) -> str:
        """The test person of a cell, ``""`` when none is declared for the standard.

        Order: the HIS's ``person`` map, a network person that names the standard, the first network person
        without standards, the first of our own persons that the HIS holds and that has data of the standard.
        """
        his = self.participant(cell.his)
        if cell.standard in his.person:
            return his.person[cell.standard]
        declared = [item for item in self.persons if not his.persons or item.id in his.persons]
        for item in declared:
            if cell.standard in item.standards:
                return item.id
        for item in declared:
            if not item.standards:
                return item.id
        from harness.network.person.persons import fixture_persons

        for person in fixture_persons():
            if (not his.persons or person.id in his.persons) and cell.standard in person.standards:
                return person.id
        return ""


def demo_path() -> Path:
    """The embedded network file."""
    return data_path("fixtures", "networks", "demo.yaml")


def load_network(path: Path | str) -> Network:
    """See :meth:`Network.load`."""
    file = demo_path() if str(path) == "demo" else Path(path)
    if not file.is_file() and file.suffix == "" and os.sep not in str(path):
        embedded = data_path("fixtures", "networks")
        names = sorted(item.stem for item in embedded.glob("*.yaml"))
        if str(path) in names:
            file = embedded / f"{path}.yaml"
    document = load_yaml(file, schema="network", values={"standard": standards()})
    data = dict(document.data)
    data["path"] = str(file)
    data["participants"] = [{"standards": default_standards(), **item} for item in data["participants"]]
    data["persons"] = [{"id": item} if isinstance(item, str) else item for item in data.get("persons", [])]
    try:
        network = msgspec.convert(data, Network)
    except msgspec.ValidationError as error:
        raise ConfigurationError(
            Text(nl="het netwerkbestand klopt niet", en="the network file is wrong"),
            where=str(file),
            received=str(error),
        ) from None
    _check(network, document)
    return network


def _check(network: Network, document: YamlDocument) -> None:
    seen: set[str] = set()
    dvzas = [item.id for item in network.of_role("dvza")]
    for index, item in enumerate(network.participants):
        where = ("participants", index)
        if item.id in seen:
            raise _wrong(
                document, (*where, "id"), Text(nl="id komt twee keer voor", en="id appears twice"), item.id
            )
        seen.add(item.id)
        _check_fields(document, where, item, document.data["participants"][index])
        if item.role == "his" and item.dvza not in dvzas:
            raise _wrong(
                document,
                (*where, "dvza"),
                Text(nl="een HIS noemt de DVZA waarachter hij staat", en="a HIS names the DVZA it is behind"),
                item.dvza or "(leeg)",
                expected=", ".join(dvzas) or "een deelnemer met role: dvza",
                hint=nearest(item.dvza, dvzas),
            )
        _check_live(network, document, where, item)
    _check_files(network, document)
    _check_faults(network, document)


def _check_fields(
    document: YamlDocument, where: tuple[str | int, ...], item: Participant, given: dict[str, Any]
) -> None:
    allowed = _COMMON | _BY_ROLE[item.role]
    for key in given:
        if key not in allowed:
            raise _wrong(
                document,
                (*where, key),
                Text(
                    nl=f"'{key}' hoort niet bij een deelnemer met rol {item.role}",
                    en=f"'{key}' does not belong to a participant with role {item.role}",
                ),
                key,
                expected=", ".join(sorted(allowed)),
                hint=nearest(key, allowed),
            )


def _check_live(
    network: Network, document: YamlDocument, where: tuple[str | int, ...], item: Participant
) -> None:
    if item.role == "dvza" and item.kind == "live":
        if (
            not item.lists
            and not (item.authorize and item.token and item.resource)
            and item.login != "tokens"
        ):
            raise _wrong(
                document,
                where,
                Text(
                    nl="een live DVZA heeft 'lists' nodig, of 'authorize', 'token' en 'resource'",
                    en="a live DVZA needs 'lists', or 'authorize', 'token' and 'resource'",
                ),
                item.id,
            )
        if item.login == "tokens" and not (item.resource or item.lists):
            raise _wrong(
                document,
                where,
                Text(nl="login: tokens vraagt om 'resource'", en="login: tokens needs 'resource'"),
                item.id,
            )
    if item.role == "his" and item.kind == "live":
        dvza = network.participant(item.dvza)
        if dvza.kind == "twin" and not item.fhir:
            raise _wrong(
                document,
                where,
                Text(
                    nl="een live HIS achter onze DVZA heeft 'fhir' (de basis-URL) nodig",
                    en="a live HIS behind our DVZA needs 'fhir' (the base URL)",
                ),
                item.id,
            )
        if item.auth in ("bearer", "header") and item.credential is None:
            raise _wrong(
                document,
                where,
                Text(
                    nl=f"auth: {item.auth} vraagt om 'credential'", en=f"auth: {item.auth} needs 'credential'"
                ),
                item.id,
            )
        if item.auth == "mtls" and not (item.certificate and item.key):
            raise _wrong(
                document,
                where,
                Text(
                    nl="auth: mtls vraagt om 'certificate' en 'key'",
                    en="auth: mtls needs 'certificate' and 'key'",
                ),
                item.id,
            )
    if item.kind == "live" and item.faults:
        raise _wrong(
            document,
            (*where, "faults"),
            Text(nl="alleen een twin kan fouten krijgen", en="only a twin can be given faults"),
            ", ".join(item.faults),
        )


def _check_faults(network: Network, document: YamlDocument) -> None:
    """Every switched-on fault exists and belongs to the role of its twin."""
    groups: list[tuple[tuple[str | int, ...], str, tuple[str, ...]]] = [
        (("participants", index), item.role, item.faults) for index, item in enumerate(network.participants)
    ]
    groups.append((("stelselnode",), "stelselnode", network.stelselnode.faults))
    for keys, role, names in groups:
        if not names:
            continue
        known = {name for name, item in faults().items() if item.role == role}
        if role == "stelselnode":
            known |= set(LIST_FAULTS)
        for index, name in enumerate(names):
            if name not in known:
                raise _wrong(
                    document,
                    (*keys, "faults", index),
                    Text(
                        nl=f"een twin met rol {role} kent de fout '{name}' niet",
                        en=f"a twin with role {role} does not know the fault '{name}'",
                    ),
                    name,
                    expected=", ".join(sorted(known)),
                    hint=nearest(name, known),
                )


def _check_files(network: Network, document: YamlDocument) -> None:
    named: Iterable[tuple[tuple[str | int, ...], str]] = [
        *(
            (("trust", number), file)
            for number, file in enumerate(network.trust)
            if network.trust != "system"
        ),
        *(
            (("participants", index, key), str(getattr(item, key)))
            for index, item in enumerate(network.participants)
            for key in ("certificate", "key")
        ),
        *(
            (("participants", index, "login"), item.login)
            for index, item in enumerate(network.participants)
            if item.login not in ("", "tokens", "mock")
        ),
        *(
            (("persons", index, "expectations"), item.expectations)
            for index, item in enumerate(network.persons)
        ),
    ]
    for keys, name in named:
        if name and not (network.base / name).is_file():
            raise _wrong(
                document,
                keys,
                Text(nl="bestand bestaat niet", en="file does not exist"),
                str(network.base / name),
            )


def _wrong(
    document: YamlDocument,
    keys: tuple[str | int, ...],
    message: Text,
    received: str,
    *,
    expected: str = "",
    hint: str = "",
) -> ConfigurationError:
    return ConfigurationError(
        message,
        where=document.where(*keys),
        expected=expected,
        received=received,
        next_step=Text(nl=f"bedoelde u '{hint}'?", en=f"did you mean '{hint}'?") if hint else "",
    )
