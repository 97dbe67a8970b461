"""The table of information standards: one folder each, found and never typed anywhere else.

A standard is a folder with ``standard.yaml`` (the facts of this table) and ``queries.yaml``,
``requirements.yaml``, ``faults.yaml``. Ours lie in ``profiles/``; a package outside this repository brings
one through the entry-point group ``medmij_harness.standards``, whose value is the package with the files::

    [project.entry-points."medmij_harness.standards"]
    wondzorg = "wondzorg_standard"
"""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

import msgspec

from harness.core.data import data_path
from harness.core.errors import ConfigurationError, UsageError, nearest
from harness.core.standards.problems import refuse
from harness.core.text import Text
from harness.core.yamlfile import YamlDocument, load_yaml, schema_errors

GROUP: Final = "medmij_harness.standards"
FACTS: Final = "standard.yaml"
CONTENTS: Final = ("queries.yaml", "requirements.yaml", "faults.yaml")


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A gegevensdienst: its id, display name and the system role codes that serve it."""

    id: str
    name: str
    roles: tuple[str, ...]


class Targets(msgspec.Struct, frozen=True, kw_only=True):
    """The queries that the faults of every standard spoil; ``""``: the standard has no such query.

    :ivar plain: a search whose answer is asked for no includes.
    :ivar filtered: a search with parameters that the official client scripts ask.
    :ivar empty: a search that finds nothing.
    :ivar hidden: a search whose answer lies next to what the GP does not share.
    """

    plain: str
    filtered: str = ""
    empty: str = ""
    hidden: str = ""

    def of(self, kind: str) -> str:
        """The query of a kind."""
        found: str = getattr(self, kind)
        return found


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A group of requirements: its title, and the scenario that asks it.

    :ivar look: where to look when one of them is broken.
    """

    title: Text
    scenario: str
    look: Text = Text(
        nl="Leg de zoekvraag en het antwoord in het bewijs naast elkaar, en zoek de gegevens op in het HIS: "
        "filtert het zoals gevraagd, en zet het ze goed om naar FHIR?",
        en="Compare the query and the answer in the evidence, and look the data up in the HIS: does it "
        "filter as asked, and convert them to FHIR as it should?",
    )


class Standard(msgspec.Struct, frozen=True, kw_only=True):
    """An information standard at a version.

    :ivar prefix: two capitals that its requirement ids start with (``HG``).
    :ivar short: two letters that its operation names start with (``hg``).
    :ivar letter: its token in the matrix.
    :ivar title: name with version; ``name`` without.
    :ivar fhir_version: value of the ``fhirVersion`` media type parameter.
    :ivar share: the service through which a person sends data, when the standard has one.
    :ivar default: whether a participant whose network file names no standards has this one.
    :ivar profiles: canonical URLs of its main profiles.
    :ivar basiseis: basic requirements that it stands for as a whole; empty outside the OPEN programme.
    :ivar official: folder names of its official sets of TestScripts.
    :ivar groups: groups of requirements of its own, by name.
    :ivar judges: modules with judges of its own; ``faults``: with faults of twins of its own.
    :ivar own: whether it ships with the harness.
    """

    id: str
    prefix: str
    short: str
    letter: str
    title: Text
    name: Text
    fhir_version: str
    collect: Service
    profiles: tuple[str, ...]
    targets: Targets
    folder: Path
    own: bool
    share: Service | None = None
    default: bool = True
    basiseis: tuple[str, ...] = ()
    official: tuple[str, ...] = ()
    groups: dict[str, Group] = {}
    judges: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def services(self) -> tuple[Service, ...]:
        """Collect first, then share."""
        return (self.collect,) if self.share is None else (self.collect, self.share)


def own_folders() -> list[Path]:
    """The folders of the standards that ship with the harness."""
    return sorted(path.parent for path in data_path("profiles").glob(f"*/{FACTS}"))


def brought_folders() -> Iterator[Path]:
    """The folders of standards that other packages bring.

    :raises ConfigurationError: an entry point names no package with files.
    """
    for point in sorted(entry_points(group=GROUP), key=lambda item: (item.name, item.value)):
        try:
            spec = importlib.util.find_spec(point.value)
        except ImportError:
            spec = None
        places = list(spec.submodule_search_locations or ()) if spec is not None else []
        if not places:
            raise ConfigurationError(
                Text(
                    nl="een pakket brengt een standaard die er niet is",
                    en="a package brings a standard that is not there",
                ),
                where=f"{GROUP}: {point.name}",
                expected=f"the name of a package that holds {FACTS}",
                received=point.value,
            )
        yield Path(places[0])


@cache
def standards() -> Mapping[str, Standard]:
    """All known standards by id, ours first.

    :raises ConfigurationError: a folder is wrong or two of them want the same name, with every problem.
    """
    return read_table(own_folders(), brought_folders())


def read_table(own: Iterable[Path], brought: Iterable[Path] = ()) -> dict[str, Standard]:
    """The standards of these folders by id; only ``standard.yaml`` is read.

    :raises ConfigurationError: with every problem of every folder.
    """
    problems: list[ConfigurationError] = []
    found: list[tuple[Standard, YamlDocument]] = []
    for folders, ours in ((own, True), (brought, False)):
        for folder in folders:
            try:
                document = load_yaml(folder / FACTS)
            except ConfigurationError as error:
                problems.append(error)
                continue
            wrong = schema_errors(document, "standard")
            problems += [*wrong, *_absent(folder)]
            if not wrong:
                facts = {**document.data, "folder": folder, "own": ours}
                found.append((msgspec.convert(facts, Standard), document))
    problems += _shared(found)
    refuse(problems)
    return {item.id: item for item, _ in found}


def _absent(folder: Path) -> Iterator[ConfigurationError]:
    for name in CONTENTS:
        if not (folder / name).is_file():
            yield ConfigurationError(
                Text(nl="bestand van de standaard ontbreekt", en="file of the standard is missing"),
                where=str(folder / name),
            )


def _shared(found: list[tuple[Standard, YamlDocument]]) -> Iterator[ConfigurationError]:
    """Names that belong to one standard and are used by two."""
    names: dict[str, list[tuple[str, YamlDocument]]] = {}
    for item, document in found:
        for key in ("id", "prefix", "short", "letter"):
            names.setdefault(key, []).append((getattr(item, key), document))
        names.setdefault("gegevensdienst", []).extend((part.id, document) for part in item.services)
    for key, pairs in names.items():
        often = Counter(name for name, _ in pairs)
        first: dict[str, YamlDocument] = {}
        for name, document in pairs:
            if often[name] > 1 and first.setdefault(name, document) is not document:
                yield ConfigurationError(
                    Text(
                        nl=f"{key} '{name}' is van een andere standaard",
                        en=f"{key} '{name}' belongs to another standard",
                    ),
                    where=document.where("collect" if key == "gegevensdienst" else key),
                    received=first[name].path,
                )


def standard(standard_id: str) -> Standard:
    """One standard.

    :raises UsageError: unknown id.
    """
    known = standards()
    if standard_id not in known:
        hint = nearest(standard_id, known)
        raise UsageError(
            Text(nl=f"onbekende standaard '{standard_id}'", en=f"unknown standard '{standard_id}'"),
            expected=", ".join(known),
            received=standard_id,
            next_step=Text(nl=f"bedoelde u '{hint}'?", en=f"did you mean '{hint}'?") if hint else "",
        )
    return known[standard_id]


def default_standards() -> tuple[str, ...]:
    """Ids of the standards that a participant has when its network file names none."""
    return tuple(item.id for item in standards().values() if item.default)


def service_standard(service_id: str) -> Standard | None:
    """The standard that a gegevensdienst id belongs to."""
    return next(
        (item for item in standards().values() if any(part.id == service_id for part in item.services)), None
    )
