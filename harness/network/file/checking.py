"""What the schema of a network file cannot say: references, fields per role, files, names of faults."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from cryptography import x509

from harness.core.errors import ConfigurationError, nearest
from harness.core.standards.faults import faults
from harness.core.text import Text
from harness.core.yamlfile import YamlDocument
from harness.medmij.lists.faults import NAMES as LIST_FAULTS
from harness.network.file.model import Network, Participant

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
    "pgo": {
        "host", "organisation", "client_id", "redirect_uri", "certificate", "key", "services", "list_fetcher",
    },
}  # fmt: skip


def mistakes(network: Network, document: YamlDocument) -> Iterator[ConfigurationError]:
    """What is wrong with a network, against the file that it was read from, in the order of that file."""
    found = _found(network, document)
    yield from sorted(found, key=lambda item: int(item.where.rpartition(":")[2] or 0))


def _found(network: Network, document: YamlDocument) -> Iterator[ConfigurationError]:
    seen: set[str] = set()
    dvzas = [item.id for item in network.of_role("dvza")]
    for index, item in enumerate(network.participants):
        where = ("participants", index)
        if item.id in seen:
            yield _wrong(
                document, (*where, "id"), Text(nl="id komt twee keer voor", en="id appears twice"), item.id
            )
        seen.add(item.id)
        yield from _fields(document, where, item, document.data["participants"][index])
        if item.role == "his" and item.dvza not in dvzas:
            yield _wrong(
                document,
                (*where, "dvza"),
                Text(nl="een HIS noemt de DVZA waarachter hij staat", en="a HIS names the DVZA it is behind"),
                item.dvza or "(leeg)",
                expected=", ".join(dvzas) or "een deelnemer met role: dvza",
                hint=nearest(item.dvza, dvzas),
            )
        yield from _live(network, document, where, item)
    yield from _files(network, document)
    yield from _trust(network, document)
    yield from _faults(network, document)


def _fields(
    document: YamlDocument, where: tuple[str | int, ...], item: Participant, given: dict[str, Any]
) -> Iterator[ConfigurationError]:
    allowed = _COMMON | _BY_ROLE[item.role]
    for key in given:
        if key not in allowed:
            yield _wrong(
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


def _live(
    network: Network, document: YamlDocument, where: tuple[str | int, ...], item: Participant
) -> Iterator[ConfigurationError]:
    if item.role == "dvza" and item.kind == "live":
        if (
            not item.lists
            and not (item.authorize and item.token and item.resource)
            and item.login != "tokens"
        ):
            yield _wrong(
                document,
                where,
                Text(
                    nl="een live DVZA heeft 'lists' nodig, of 'authorize', 'token' en 'resource'",
                    en="a live DVZA needs 'lists', or 'authorize', 'token' and 'resource'",
                ),
                item.id,
            )
        if item.login == "tokens" and not (item.resource or item.lists):
            yield _wrong(
                document,
                where,
                Text(nl="login: tokens vraagt om 'resource'", en="login: tokens needs 'resource'"),
                item.id,
            )
    if item.role == "his" and item.kind == "live":
        ours = {other.id for other in network.of_role("dvza") if other.kind == "twin"}
        if item.dvza in ours and not item.fhir:
            yield _wrong(
                document,
                where,
                Text(
                    nl="een live HIS achter onze DVZA heeft 'fhir' (de basis-URL) nodig",
                    en="a live HIS behind our DVZA needs 'fhir' (the base URL)",
                ),
                item.id,
            )
        if item.auth in ("bearer", "header") and item.credential is None:
            yield _wrong(
                document,
                where,
                Text(
                    nl=f"auth: {item.auth} vraagt om 'credential'", en=f"auth: {item.auth} needs 'credential'"
                ),
                item.id,
            )
        if item.auth == "mtls" and not (item.certificate and item.key):
            yield _wrong(
                document,
                where,
                Text(
                    nl="auth: mtls vraagt om 'certificate' en 'key'",
                    en="auth: mtls needs 'certificate' and 'key'",
                ),
                item.id,
            )
    if item.kind == "live" and item.faults:
        yield _wrong(
            document,
            (*where, "faults"),
            Text(nl="alleen een twin kan fouten krijgen", en="only a twin can be given faults"),
            ", ".join(item.faults),
        )


def _faults(network: Network, document: YamlDocument) -> Iterator[ConfigurationError]:
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
                yield _wrong(
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


def _files(network: Network, document: YamlDocument) -> Iterator[ConfigurationError]:
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
            ((name, key), str(getattr(client, key)))
            for name, client in (
                ("second_client", network.second_client),
                ("off_list_client", network.off_list_client),
            )
            if client is not None
            for key in ("certificate", "key")
        ),
        *(
            (("persons", index, "record"), f"{item.record}/record.yaml")
            for index, item in enumerate(network.persons)
            if item.record
        ),
    ]
    for keys, name in named:
        if name and not (network.base / name).is_file():
            yield _wrong(
                document,
                keys,
                Text(nl="bestand bestaat niet", en="file does not exist"),
                str(network.base / name),
            )


def _trust(network: Network, document: YamlDocument) -> Iterator[ConfigurationError]:
    """Every trust file holds certificates: without one no connection of a run could be believed."""
    if isinstance(network.trust, str):
        return
    for index, name in enumerate(network.trust):
        path = network.base / name
        seen = _not_trusted(path) if path.is_file() else ""  # that it is not there is told of every file
        if seen:
            yield ConfigurationError(
                Text(
                    nl="dit vertrouwensbestand bevat geen bruikbaar certificaat",
                    en="this trust file holds no usable certificate",
                ),
                where=document.where("trust", index),
                expected="PEM (-----BEGIN CERTIFICATE-----)",
                received=f"{path}: {seen}",
                next_step=Text(
                    nl="noem een PEM-bestand met CA-certificaten; zet DER om met `openssl x509 -inform der`",
                    en="name a PEM file of CA certificates; convert DER with `openssl x509 -inform der`",
                ),
            )


def _not_trusted(path: Path) -> str:
    """What a file holds instead of certificates, ``""`` when it holds some."""
    try:
        data = path.read_bytes()
    except OSError as error:
        return error.strerror or str(error)
    try:
        x509.load_pem_x509_certificates(data)
    except ValueError:
        if b"-----BEGIN CERTIFICATE-----" in data:
            return "damaged certificate"
        if b"PRIVATE KEY-----" in data:
            return "private key"
        if data.startswith(b"0"):
            return "DER"
        return "text" if data.strip() else "nothing"
    return ""


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
