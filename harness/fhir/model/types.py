"""The FHIR model: which types exist and which elements they have (structure facts, one file per version).

::

    model = load_model("3.0.2")         # also "3.0.1", "4.0.1", "STU3", "R4"; loaded once per process
    patient = model.types["Patient"]    # TypeFacts; KeyError for an unknown type
    patient.elements["contact"].types[0].code     # 'Patient.contact': a backbone type is named by its path
    model.types["Observation"].key("valueQuantity")      # Key(element=<value[x]>, type=<Quantity>) or None
    model.element("Patient.contact.name.family")  # ElementFacts, through data types and content references
    model.is_subtype("Age", "Quantity")           # True
    model.resource_types                          # frozenset of the names of concrete resources

Facts per element: name, owner, types (with reference targets), min, max, XML representation. ``elements``
holds *all* elements of a type, inherited ones included, in the order of the specification (which is the
order in XML).

What is normalised, so that callers need no special cases:

* a choice is one element named by its stem with ``[x]`` (``value[x]``); its JSON keys are found with
  ``TypeFacts.key``;
* a content reference (``Questionnaire.item.item``) has the type that it refers to (``Questionnaire.item``),
  and says so in ``content_reference``;
* ``Element.id`` is a ``string`` and ``Extension.url`` a ``uri``, also in R4 (there they are FHIRPath system
  types);
* a primitive type has the elements ``id``, ``extension`` and ``value``; the type of ``value`` is its JSON
  kind (``string``, ``number`` or ``boolean``), prefixed with ``System.``: it is not a FHIR type.

Constraints, bindings, search parameters, value sets: :mod:`harness.fhir.model.definitions`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar, cast

import msgspec
from msgspec.structs import astuple

from harness.core.errors import ConfigurationError
from harness.core.text import Text

FhirVersion = Literal["3.0.2", "4.0.1"]
T = TypeVar("T")

DATA = Path(__file__).resolve().parent.parent / "data"

FOLDERS: dict[str, str] = {"3.0.2": "stu3", "4.0.1": "r4"}
"""Folder below :data:`DATA` with the embedded facts of each supported FHIR version."""

_ALIASES: dict[str, FhirVersion] = {
    **dict.fromkeys(("3", "3.0", "3.0.0", "3.0.1", "3.0.2", "stu3", "r3"), "3.0.2"),
    **dict.fromkeys(("4", "4.0", "4.0.0", "4.0.1", "r4"), "4.0.1"),
}

MODEL_FORMAT = 1
"""Raised when the layout of the structure file changes; a file with another number is refused."""

Kind = Literal["primitive", "complex", "backbone", "resource"]


class TypeRef(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """One type that an element may have.

    :ivar code: name of a type in :attr:`Model.types` (a backbone element is named by its path).
    :ivar targets: for ``Reference`` and R4 ``canonical``: names of the resource types that may be referred
        to; empty means any.
    :ivar profile: canonical URL of a profile on the type that the base specification asks for
        (``…/SimpleQuantity``), ``""`` when none.
    """

    code: str
    targets: tuple[str, ...] = ()
    profile: str = ""


class ElementFacts(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """One element of one type.

    :ivar name: name as in the specification; a choice ends in ``[x]``.
    :ivar types: types it may have, one unless it is a choice.
    :ivar min: least number of occurrences.
    :ivar max: ``"1"``, ``"*"`` or another number (``"0"`` where a type forbids an inherited element).
    :ivar xml: ``""`` an XML element, ``attr`` an XML attribute, ``xhtml`` an XHTML ``div``.
    :ivar content_reference: path of the element whose content it repeats, ``""`` for most.
    :ivar defined_in: name of the ancestor type that introduces the element, ``""`` when the type itself does.
    """

    name: str
    types: tuple[TypeRef, ...]
    min: int = 0
    max: str = "1"
    xml: str = ""
    content_reference: str = ""
    defined_in: str = ""

    @property
    def many(self) -> bool:
        """Whether the element repeats: a list in JSON."""
        return self.max not in ("0", "1")

    @property
    def choice(self) -> bool:
        """Whether this is a choice of types (``value[x]``)."""
        return self.name.endswith("[x]")

    @property
    def stem(self) -> str:
        """The name without ``[x]``: how FHIRPath spells it."""
        return self.name[:-3] if self.name.endswith("[x]") else self.name

    def key_for(self, code: str) -> str:
        """JSON key (= XML tag) when the element has type ``code``: ``Quantity`` -> ``valueQuantity``."""
        return self.stem + code[:1].upper() + code[1:] if self.choice else self.name

    @property
    def keys(self) -> tuple[str, ...]:
        """All JSON keys (= XML tags) under which the element may appear, without the ``_`` forms."""
        return tuple(self.key_for(ref.code) for ref in self.types) if self.choice else (self.name,)


class Key(NamedTuple):
    """What a JSON key (or XML tag) of a type means: the element and the type that the key selects."""

    element: ElementFacts
    type: TypeRef


class TypeFacts(msgspec.Struct, array_like=True):
    """One type: a primitive, a data type, a backbone element or a resource. Treat it as immutable.

    :ivar name: type name; the path for a backbone element (``Patient.contact``).
    :ivar kind: see :data:`Kind`.
    :ivar base: name of the type it specialises, ``""`` for ``Element`` and ``Resource``.
    :ivar abstract: whether no instance can have exactly this type.
    :ivar element_list: all elements in the order of the specification.
    """

    name: str
    kind: Kind
    base: str
    abstract: bool
    element_list: tuple[ElementFacts, ...]
    _elements: dict[str, ElementFacts] | None = None
    _keys: dict[str, Key] | None = None
    _stems: dict[str, ElementFacts] | None = None

    @property
    def primitive(self) -> bool:
        """Whether values are scalars in JSON and a ``value`` attribute in XML."""
        return self.kind == "primitive"

    @property
    def resource(self) -> bool:
        """Whether this is a resource type."""
        return self.kind == "resource"

    @property
    def elements(self) -> dict[str, ElementFacts]:
        """Elements by name (choices once, as ``value[x]``), in order."""
        if self._elements is None:
            self._elements = {e.name: e for e in self.element_list}
        return self._elements

    @property
    def keys(self) -> dict[str, Key]:
        """Every JSON key (XML tag) of the type -> :class:`Key`, in order; without ``_name`` forms."""
        if self._keys is None:
            self._keys = {e.key_for(ref.code): Key(e, ref) for e in self.element_list for ref in e.types}
        return self._keys

    @property
    def stems(self) -> dict[str, ElementFacts]:
        """Elements by FHIRPath name (choices without ``[x]``)."""
        if self._stems is None:
            self._stems = {e.stem: e for e in self.element_list}
        return self._stems

    def key(self, name: str) -> Key | None:
        """Meaning of a JSON key or XML tag, ``None`` when the type has no such key."""
        return self.keys.get(name)


class ModelFile(msgspec.Struct, array_like=True):
    """The structure file as it stands on disk: format number, FHIR version, source, types."""

    format: int
    version: str
    source: str
    types: list[TypeFacts]


class Model:
    """All types of one FHIR version; immutable after loading. See the top of this module."""

    __slots__ = (
        "_ancestors",
        "_derived",
        "_paths",
        "_subtypes",
        "resource_types",
        "source",
        "types",
        "version",
    )

    def __init__(self, version: str, source: str, types: list[TypeFacts]) -> None:
        self.version = version
        self.source = source
        self.types: dict[str, TypeFacts] = {t.name: t for t in types}
        self.resource_types: frozenset[str] = frozenset(
            t.name for t in types if t.kind == "resource" and not t.abstract
        )
        self._ancestors: dict[str, tuple[str, ...]] = {}
        self._subtypes: dict[str, frozenset[str]] = {}
        self._paths: dict[str, ElementFacts | None] = {}
        self._derived: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"Model({self.version!r}, {len(self.types)} types)"

    def derived(self, name: str, make: Callable[[Model], T]) -> T:
        """A table that another module derives from this model, made on first use and kept with the model.

        :param name: unique name, by convention that of the module (``harness.fhir.codec.xml.read``).
        :param make: called once with the model.
        """
        if name not in self._derived:
            self._derived[name] = make(self)
        return cast(T, self._derived[name])

    def type(self, name: str) -> TypeFacts | None:
        """Facts of a type, ``None`` when it does not exist."""
        return self.types.get(name)

    def is_resource(self, name: object) -> bool:
        """Whether ``name`` is the name of a concrete resource type."""
        return isinstance(name, str) and name in self.resource_types

    def is_primitive(self, name: str) -> bool:
        """Whether ``name`` is a primitive type."""
        found = self.types.get(name)
        return found is not None and found.kind == "primitive"

    def ancestors(self, name: str) -> tuple[str, ...]:
        """``name`` and the types it specialises, nearest first: ``Age``, ``Quantity``, ``Element``."""
        found = self._ancestors.get(name)
        if found is None:
            chain: list[str] = []
            step = name
            while step in self.types and step not in chain:
                chain.append(step)
                step = self.types[step].base
            found = self._ancestors[name] = tuple(chain)
        return found

    def is_subtype(self, name: str, other: str) -> bool:
        """Whether type ``name`` is ``other`` or specialises it; false when either is unknown."""
        return other in self.ancestors(name)

    def subtypes(self, name: str) -> frozenset[str]:
        """Names of ``name`` and of all types that specialise it."""
        found = self._subtypes.get(name)
        if found is None:
            found = self._subtypes[name] = frozenset(t for t in self.types if name in self.ancestors(t))
        return found

    def element(self, path: str) -> ElementFacts | None:
        """Element at a dotted path without indexes: ``Patient.contact.name``, ``Observation.value[x]``,
        ``Observation.valueQuantity.unit``, ``Observation.component.value``; ``None`` when it does not exist.

        Below a choice without a chosen type (``Observation.value.unit``) the first type that has the name
        counts.
        """
        if path not in self._paths:
            self._paths[path] = self._walk(path)
        return self._paths[path]

    def _walk(self, path: str) -> ElementFacts | None:
        first, *rest = path.split(".")
        owners: list[str] = [first]
        found: ElementFacts | None = None
        for name in rest:
            found, following = None, []
            for owner in owners:
                facts = self.types.get(owner)
                if facts is None:
                    continue
                element = facts.stems.get(name[:-3] if name.endswith("[x]") else name)
                if element is not None:
                    found, following = element, [ref.code for ref in element.types]
                    break
                key = facts.key(name)
                if key is not None:
                    found, following = key.element, [key.type.code]
                    break
            if found is None:
                return None
            owners = following
        return found

    def __iter__(self) -> Iterator[TypeFacts]:
        return iter(self.types.values())


def version_of(name: str) -> FhirVersion:
    """The supported FHIR version that a name stands for: ``STU3`` -> ``3.0.2``, ``R4`` -> ``4.0.1``.

    :raises ConfigurationError: for a version that the harness has no facts of.
    """
    found = _ALIASES.get(name.strip().lower())
    if found is None:
        raise ConfigurationError(
            Text(
                nl=f"FHIR-versie '{name}' wordt niet ondersteund",
                en=f"FHIR version '{name}' is not supported",
            ),
            expected="STU3 (3.0.2), R4 (4.0.1)",
            received=name,
        )
    return found


def load_model(version: str = "3.0.2") -> Model:
    """The model of a FHIR version from the embedded facts; the same object each time.

    :param version: ``3.0.2``, ``4.0.1`` or one of their aliases (``STU3``, ``R4``, ``3.0.1``, …).
    :raises ConfigurationError: for a version that the harness has no facts of.
    """
    return _load(version_of(version))


@cache
def _load(version: FhirVersion) -> Model:
    return decode_model((DATA / FOLDERS[version] / "structure.json").read_bytes())


def decode_model(data: bytes) -> Model:
    """The model in a structure file.

    :raises ConfigurationError: when the bytes are no structure file of this version of the harness.
    """
    try:
        file = msgspec.json.decode(data, type=ModelFile)
        if file.format != MODEL_FORMAT:
            raise msgspec.ValidationError(f"format {file.format}")
    except msgspec.DecodeError as error:
        raise ConfigurationError(
            Text(nl="het FHIR-structuurbestand is onbruikbaar", en="the FHIR structure file is unusable"),
            expected=f"format {MODEL_FORMAT}",
            received=str(error),
            next_step="harness profiles build-base ARCHIVE",
        ) from error
    return Model(file.version, file.source, file.types)


def encode_model(model: Model) -> bytes:
    """The structure file of a model: one type per line (reviewable), trailing defaults left out."""
    lines = []
    for facts in model:
        elements = [
            _trim([e.name, [_trim([*astuple(ref)], 1) for ref in e.types], *astuple(e)[2:]], 2)
            for e in facts.element_list
        ]
        lines.append(msgspec.json.encode((facts.name, facts.kind, facts.base, facts.abstract, elements)))
    head = msgspec.json.encode((MODEL_FORMAT, model.version, model.source))[:-1]
    return head + b",[\n" + b",\n".join(lines) + b"\n]]\n"


def _trim(row: list[object], required: int) -> list[object]:
    """``row`` without trailing values that equal the defaults of the struct fields they fill."""
    defaults = (0, "1", "", "", "") if required == 2 else ((), "")
    while len(row) > required and row[-1] == defaults[len(row) - required - 1]:
        row.pop()
    return row
