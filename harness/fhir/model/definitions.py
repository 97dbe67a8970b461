"""The base specification beyond structure: constraints, bindings, search parameters, value sets, extensions.

::

    base = embedded("3.0.2")                       # Base; loaded once per process, each part on first use
    base.model                                     # harness.fhir.model.types.Model
    base.type_constraints("Patient.contact")       # invariants of a type, inherited ones included
    base.constraints.get("Observation.code", ())   # invariants at one element, without those of its type
    base.bindings.get("Patient.gender")            # Binding(strength='required', value_set='http://…')
    base.resources.get("ValueSet", "http://hl7.org/fhir/ValueSet/administrative-gender")
    base.search_parameters                         # list of SearchParameterFact
    base.compartment("Patient")                    # {'Observation': ('subject', 'performer'), …}

``base.resources`` holds ValueSets, CodeSystems, extension definitions and other profiles of the base
specification (differential only), ConceptMaps and NamingSystems, all distilled
(:mod:`harness.fhir.profiles.distill`). Types themselves are in the model, not there.

The embedded facts were compiled from HL7's definitions by :mod:`harness.fhir.model.build`; a package set may
bring its own base (:mod:`harness.fhir.packages.load`), compiled by the same code.
"""

from __future__ import annotations

from functools import cache, cached_property
from pathlib import Path
from typing import TypeVar

import msgspec

from harness.core.errors import ConfigurationError
from harness.core.text import Text
from harness.fhir.model.types import DATA, FOLDERS, FhirVersion, Model, decode_model, load_model, version_of
from harness.fhir.packages.resources import ResourceStore

F = TypeVar("F", "Details", "SearchFile")

DETAILS_FORMAT = 1
"""Raised when the layout of ``details.json`` or ``search.json`` changes."""

BUILDER = 1
"""Version of what :mod:`harness.fhir.model.build` makes; part of the key of every cached base."""

FILES = ("structure.json", "details.json", "search.json", "resources.jsonl", "resources.index.json")
"""The files of one compiled base specification."""


class Constraint(msgspec.Struct, frozen=True, array_like=True):
    """One invariant: key, severity (``error`` or ``warning``) and FHIRPath expression."""

    key: str
    severity: str
    expression: str


class Binding(msgspec.Struct, frozen=True, array_like=True):
    """One binding: strength and canonical URL of the value set (``""`` when the specification names none)."""

    strength: str
    value_set: str


class SearchParameterFact(msgspec.Struct, frozen=True, array_like=True):
    """One search parameter of the base specification.

    :ivar base: resource types (or ``Resource``, ``DomainResource``) it applies to.
    :ivar targets: types that a reference may point at; empty means any.
    :ivar components: for a composite: ``(url of the part's SearchParameter, expression)``.
    """

    url: str
    code: str
    base: tuple[str, ...]
    type: str
    expression: str
    targets: tuple[str, ...] = ()
    components: tuple[tuple[str, str], ...] = ()


class Details(msgspec.Struct):
    """``details.json``: constraints and bindings by element path (``Patient``, ``Patient.contact``, …)."""

    format: int
    constraints: dict[str, tuple[Constraint, ...]]
    bindings: dict[str, Binding]


class SearchFile(msgspec.Struct):
    """``search.json``: search parameters, and compartments as code -> resource type -> parameter codes."""

    format: int
    parameters: list[SearchParameterFact]
    compartments: dict[str, dict[str, tuple[str, ...]]]


class Base:
    """One compiled base specification in a folder; every part is read on first use."""

    def __init__(
        self, folder: Path, *, embedded: bool, content_hash: str = "", model: Model | None = None
    ) -> None:
        """:param embedded: whether these are the facts that ship with the harness.
        :param content_hash: hash of what they were compiled from, ``""`` for embedded facts.
        """
        self.folder = folder
        self.embedded = embedded
        self.content_hash = content_hash
        self._model = model
        self._type_constraints: dict[str, tuple[Constraint, ...]] = {}

    @property
    def model(self) -> Model:
        """Structure facts."""
        if self._model is None:
            self._model = decode_model((self.folder / "structure.json").read_bytes())
        return self._model

    @property
    def version(self) -> str:
        """FHIR version: ``3.0.2``, ``4.0.1``."""
        return self.model.version

    @cached_property
    def _details(self) -> Details:
        return self._read("details.json", Details)

    @cached_property
    def _search(self) -> SearchFile:
        return self._read("search.json", SearchFile)

    def _read(self, name: str, kind: type[F]) -> F:
        path = self.folder / name
        try:
            found = msgspec.json.decode(path.read_bytes(), type=kind)
            if found.format != DETAILS_FORMAT:
                raise ValueError(f"format {found.format}")
        except (OSError, msgspec.DecodeError, ValueError) as error:
            raise ConfigurationError(
                Text(nl="een FHIR-feitenbestand is onbruikbaar", en="a FHIR facts file is unusable"),
                where=str(path),
                received=str(error),
            ) from error
        return found

    @property
    def constraints(self) -> dict[str, tuple[Constraint, ...]]:
        """Invariants by element path, own ones only: neither of the element's type nor of parent types."""
        return self._details.constraints

    @property
    def bindings(self) -> dict[str, Binding]:
        """Bindings by element path (``Observation.value[x]`` for a choice); inherited ones not repeated."""
        return self._details.bindings

    def type_constraints(self, name: str) -> tuple[Constraint, ...]:
        """Invariants of a type (data type, backbone type or resource) and of all types it specialises."""
        found = self._type_constraints.get(name)
        if found is None:
            own = self.constraints
            seen: dict[str, Constraint] = {}
            for ancestor in self.model.ancestors(name):
                for constraint in own.get(ancestor, ()):
                    seen.setdefault(constraint.key, constraint)
            found = self._type_constraints[name] = tuple(seen.values())
        return found

    def binding(self, type_name: str, element: str) -> Binding | None:
        """Binding of an element of a type, also when the element is inherited (``Age.comparator``)."""
        for ancestor in self.model.ancestors(type_name):
            found = self.bindings.get(f"{ancestor}.{element}")
            if found is not None:
                return found
        return None

    @property
    def search_parameters(self) -> list[SearchParameterFact]:
        """All search parameters."""
        return self._search.parameters

    def compartment(self, code: str) -> dict[str, tuple[str, ...]]:
        """Resource types in a compartment (``Patient``) with the search parameters that put them there.

        A type with no parameters is not in the compartment and not listed; ``{}`` for an unknown compartment.
        """
        return self._search.compartments.get(code, {})

    @cached_property
    def resources(self) -> ResourceStore:
        """ValueSets, CodeSystems, profiles and extensions, ConceptMaps, NamingSystems; distilled."""
        return ResourceStore.open(self.folder, "resources")


def embedded(version: str = "3.0.2") -> Base:
    """The base specification that ships with the harness; the same object each time.

    :raises ConfigurationError: for a version that the harness has no facts of.
    """
    return _embedded(version_of(version))


@cache
def _embedded(version: FhirVersion) -> Base:
    return Base(DATA / FOLDERS[version], embedded=True, model=load_model(version))


def search_parameters(version: str = "3.0.2") -> list[SearchParameterFact]:
    """Search parameters of the embedded base specification."""
    return embedded(version).search_parameters
