"""``harness init``: a network file by asking; each answer is checked before the next question."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import msgspec
import typer
import yaml

from harness.cli.options import LangOption
from harness.core.errors import UsageError
from harness.core.run.place import disk
from harness.core.text import Lang, Text
from harness.core.yamlfile import parse_yaml
from harness.network.file import network_schema, read_network, shape_errors

app = typer.Typer()
DEFAULT: Final = Path("network.yaml")
SCHEMA: Final = "network.schema.json"
OURS: Final = {"dvza": "onze-dvza", "pgo": "ons-pgo", "his": "onze-his"}
"""Ids of our mocks in the file."""


class Question(NamedTuple):
    """One question about a participant.

    :ivar key: of the network file, which says whether an answer is right.
    :ivar default: what Enter means; ``""``: nothing, the key is left out.
    :ivar needed: whether there has to be an answer.
    """

    key: str
    text: Text
    default: str = ""
    needed: bool = False


_ABOUT: Final = (
    Question("vendor", Text(nl="Leverancier", en="Vendor")),
    Question("product", Text(nl="Naam van het product", en="Name of the product")),
    Question("version", Text(nl="Versie", en="Version")),
)
_HIS: Final = (
    Question(
        "fhir", Text(nl="FHIR-adres (basis-URL) van het HIS", en="FHIR base URL of the HIS"), needed=True
    ),
    Question(
        "auth",
        Text(nl="Aanmelden: none, bearer, header of mtls", en="Access: none, bearer, header or mtls"),
        "none",
    ),
    Question(
        "patient",
        Text(
            nl="Hoe het HIS de patiënt hoort: 'header NAAM', 'query NAAM' of 'id-map'",
            en="How the HIS is told the patient: 'header NAME', 'query NAME' or 'id-map'",
        ),
        "id-map",
    ),
)
_DVZA: Final = (
    Question(
        "lists", Text(nl="Adres van de stelselnode met de lijsten", en="Address of the node with the lists")
    ),
    Question(
        "login",
        Text(
            nl="Inloggen: mock, tokens, of een bestand met een recept",
            en="Login: mock, tokens, or a recipe file",
        ),
        "mock",
    ),
)
_DVZA_ADDRESSES: Final = (
    Question(
        "authorize", Text(nl="Adres van het authorization endpoint", en="Authorization endpoint"), needed=True
    ),
    Question("token", Text(nl="Adres van het token endpoint", en="Token endpoint"), needed=True),
)
_PGO: Final = (
    Question(
        "host",
        Text(
            nl="Hostnaam van het PGO (zoals op de OAuth-clientlijst)",
            en="Host name of the PGO (as on the OAuth client list)",
        ),
        needed=True,
    ),
    Question("redirect_uri", Text(nl="redirect_uri van het PGO", en="redirect_uri of the PGO")),
)
_SERVICE: Final = Text(
    nl="FHIR-adres per gegevensdienst, als 48=https://…,51=https://…",
    en="FHIR base URL per gegevensdienst, as 48=https://…,51=https://…",
)
_PROVIDER: Final = Question(
    "provider",
    Text(nl="MedMij-naam van de zorgaanbieder", en="MedMij name of the care provider"),
    needed=True,
)
_WHAT: Final = Text(nl="Wat wilt u toetsen: his, dvza of pgo", en="What do you test: his, dvza or pgo")
_PATIENT_ID: Final = Text(
    nl="Id van de Patient van uw testpersoon in het HIS",
    en="Id of the Patient of your test person in the HIS",
)
_VARIABLE: Final = Text(
    nl="Omgevingsvariabele waarin het geheim staat", en="Environment variable that holds the secret"
)
_PEM: Final = Text(nl="PEM-bestand ({key})", en="PEM file ({key})")
_WRITTEN: Final = Text(
    nl="{file} is geschreven, met {schema} ernaast voor uw editor.\nVerder:\n{next}",
    en="{file} is written, with {schema} beside it for your editor.\nNext:\n{next}",
)
_HEAD: Final = """\
# yaml-language-server: $schema={schema}
# {said}
"""
_SAID: Final = Text(
    nl="Wie er meedoen: live is een echt systeem, twin speelt de harness zelf (docs/network-file.md)",
    en="Who takes part: live is a real system, twin is played by the harness (docs/network-file.md)",
)


@app.command()
def init(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Network file to write.")] = Path(
        "network.yaml"
    ),
    what: Annotated[str, typer.Option("--for", help="his, dvza or pgo; asked when absent.")] = "",
    answers: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Answer a question beforehand, e.g. fhir=https://…"),
    ] = None,
    lang: LangOption = "nl",
) -> None:
    """Write a network file by asking; the other parties are our mocks until you name live ones."""
    language: Lang = "en" if lang == "en" else "nl"
    for path in (file, file.with_name(SCHEMA)):
        if path.exists() and (path == file or path.read_bytes() != _schema()):
            raise UsageError(Text(nl="bestaat al", en="exists already"), where=str(path))
    dialogue = Dialogue(language, _given(answers or []))
    role = dialogue.choose("for", _WHAT, ("his", "dvza", "pgo"), what)
    network = _BUILDERS[role](dialogue)
    dialogue.refuse_unused()
    head = _HEAD.format(schema=SCHEMA, said=_SAID.of(language))
    text = head + yaml.safe_dump(network, allow_unicode=True, sort_keys=False, width=100)
    disk.write(file.with_name(SCHEMA), _schema())
    disk.write(file, text.encode())
    try:
        read_network(file)
    except Exception:
        file.unlink()
        raise
    then = ["serve"] if role == "pgo" else ["doctor", "qualify"]
    commands = [f"  harness network check {file}", *(f"  harness {word} --network {file}" for word in then)]
    typer.echo(_WRITTEN.format(file=file, schema=SCHEMA, next="\n".join(commands)).of(language))


def _schema() -> bytes:
    return msgspec.json.format(msgspec.json.encode(network_schema()), indent=2) + b"\n"


def _given(answers: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in answers:
        key, equals, value = item.partition("=")
        if not equals or not key:
            raise UsageError(
                Text(nl="is geen antwoord", en="is no answer"),
                where="--set",
                expected="KEY=VALUE",
                received=item,
            )
        found[key] = value
    return found


class Dialogue:
    """Asks, unless the answer was given; without a terminal a question means its default.

    :param given: answers by key.
    """

    def __init__(self, lang: Lang, given: dict[str, str]) -> None:
        self.lang = lang
        self._given = given

    def choose(self, key: str, text: Text, options: tuple[str, ...], given: str) -> str:
        """One of some words."""

        def wrong(value: str) -> str:
            return "" if value in options else " | ".join(options)

        if given:
            self._given[key] = given
        return self._asked(key, text, "", wrong, needed=True)

    def plain(self, key: str, text: Text, default: str = "") -> str:
        """Any text; never nothing."""
        return self._asked(key, text, default, _anything, needed=True)

    def fill(self, participant: dict[str, Any], questions: tuple[Question, ...]) -> None:
        """Ask questions about a participant and write the answers into it."""
        for item in questions:
            wrong = partial(_wrong, participant, item.key)
            value = self._asked(item.key, item.text, item.default, wrong, needed=item.needed)
            if value:
                participant[item.key] = value

    def refuse_unused(self) -> None:
        """Every given answer belongs to a question.

        :raises UsageError: one does not.
        """
        if self._given:
            raise UsageError(
                Text(nl="hoort niet bij deze vragen", en="does not belong to these questions"),
                where="--set",
                received=", ".join(self._given),
            )

    def _asked(self, key: str, text: Text, default: str, wrong: Callable[[str], str], *, needed: bool) -> str:
        told = text.of(self.lang)
        if key in self._given:
            value = self._given.pop(key)
            if value and (expected := wrong(value)):
                raise UsageError(
                    Text(nl=f"{key} klopt niet", en=f"{key} is wrong"),
                    where="--set",
                    expected=expected,
                    received=value,
                )
            return value
        while True:
            value = self._read(told, default, needed=needed)
            expected = wrong(value) if value else ""
            if not expected:
                return value
            typer.echo(f"  {expected}", err=True)

    def _read(self, told: str, default: str, *, needed: bool) -> str:
        while True:
            try:
                value = str(typer.prompt(told, default=default, show_default=bool(default), err=True)).strip()
            except typer.Abort:
                typer.echo(err=True)
                if default or not needed:
                    return default
                raise UsageError(
                    Text(nl="geen antwoord op een vraag", en="a question has no answer"),
                    where=told,
                    next_step=Text(nl="antwoord vooraf met --set", en="answer beforehand with --set"),
                ) from None
            if value or not needed:
                return value


def _anything(_: str) -> str:
    return ""


def _wrong(participant: dict[str, Any], key: str, value: str) -> str:
    """What an answer should be, ``""`` when it is right: the schema of network files says so."""
    tried = {"participants": [{**participant, key: value}]}
    errors = shape_errors(parse_yaml(yaml.safe_dump(tried, allow_unicode=True), "answer"))
    return errors[0].expected or errors[0].message.en if errors else ""


def _twin(role: str, **more: Any) -> dict[str, Any]:
    return {"id": OURS[role], "role": role, "kind": "twin", **more}


def _live(dialogue: Dialogue, role: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {"id": name, "role": role, "kind": "live"}
    dialogue.fill(found, _ABOUT)
    return found


def _his(dialogue: Dialogue) -> dict[str, Any]:
    """A HIS with a FHIR address, behind our DVZA."""
    found = _live(dialogue, "his", "mijn-his") | {"dvza": OURS["dvza"]}
    dialogue.fill(found, _HIS)
    if found["auth"] in ("bearer", "header"):
        found["credential"] = {"env": dialogue.plain("credential", _VARIABLE, "HIS_TOKEN")}
    if found["auth"] == "mtls":
        for key in ("certificate", "key"):
            found[key] = dialogue.plain(
                key, Text(nl=f"PEM-bestand ({key})", en=f"PEM file ({key})"), f"his.{key}.pem"
            )
    patient = dialogue.plain("patient_id", _PATIENT_ID)
    found["id_map"] = {"tester": patient}
    persons = [{"id": "tester", "patients": [patient]}]
    return {"name": "mijn-netwerk", "persons": persons, "participants": [found, _twin("dvza"), _twin("pgo")]}


def _dvza(dialogue: Dialogue) -> dict[str, Any]:
    """A DVZA with a HIS behind it."""
    found = _live(dialogue, "dvza", "mijn-dvza")
    dialogue.fill(found, _DVZA)
    if "lists" not in found:
        dialogue.fill(found, _DVZA_ADDRESSES)
        service = Text(
            nl="FHIR-adres per gegevensdienst, als 48=https://…",
            en="FHIR base URL per service, as 48=https://…",
        )
        found["resource"] = dict(
            part.strip().split("=", 1)
            for part in dialogue.plain("resource", service).split(",")
            if "=" in part
        )
    his = {"id": "mijn-his", "role": "his", "kind": "live", "dvza": "mijn-dvza"}
    dialogue.fill(
        his,
        (
            Question(
                "provider",
                Text(nl="MedMij-naam van de zorgaanbieder", en="MedMij name of the care provider"),
                needed=True,
            ),
        ),
    )
    return {"name": "mijn-netwerk", "persons": [], "participants": [his, found, _twin("pgo")]}


def _pgo(dialogue: Dialogue) -> dict[str, Any]:
    """A PGO that comes to our DVZA."""
    found = _live(dialogue, "pgo", "mijn-pgo")
    dialogue.fill(found, _PGO)
    return {"name": "mijn-netwerk", "participants": [_twin("his", dvza=OURS["dvza"]), _twin("dvza"), found]}


_BUILDERS: Final[dict[str, Callable[[Dialogue], dict[str, Any]]]] = {"his": _his, "dvza": _dvza, "pgo": _pgo}
