"""What an expression works on: nodes (elements of a document with type and place) and plain values.

A *node* is a tuple ``(value, type, extra, parent, key, index)``:

* ``value``: the JSON value (dict for complex types; ``None`` for a primitive that has only extensions),
* ``type``: a :class:`NodeType`,
* ``extra``: the dict of ``_key`` (id and extensions of a primitive), or ``None``,
* ``parent``: the node it was reached from, ``None`` at the top,
* ``key``: JSON key below the parent, ``""`` at the top,
* ``index``: position in the list, -1 when the element is not a list.

A *value* is what literals and functions make: ``bool``, ``int``, ``Decimal``, ``str``, :class:`Temporal`,
:class:`Quantity`, :class:`TypeInfo`. Tuples keep evaluation fast; :class:`Node` is the same thing for
callers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from harness.fhir.fhirpath.errors import evaluation_error
from harness.fhir.fhirpath.values.quantity import UCUM_TO_CALENDAR, Quantity
from harness.fhir.fhirpath.values.reach import within_reach
from harness.fhir.fhirpath.values.temporal import PARSERS, Temporal
from harness.fhir.model.types import Model
from harness.fhir.phrases import PLAIN_QUANTITY

RawNode: TypeAlias = tuple[Any, "NodeType", Any, Any, str, int]
Item: TypeAlias = Any
"""A raw node or a plain value."""
Items: TypeAlias = list[Any]

UCUM = "http://unitsofmeasure.org"
SYSTEM_OF: dict[str, str] = {
    "boolean": "Boolean", "integer": "Integer", "unsignedInt": "Integer", "positiveInt": "Integer",
    "integer64": "Long", "decimal": "Decimal", "date": "DateTime", "dateTime": "DateTime",
    "instant": "DateTime",
    "time": "Time", "Quantity": "Quantity",
    **dict.fromkeys(("string", "uri", "code", "oid", "id", "uuid", "markdown", "base64Binary"), "String"),
}  # fmt: skip
"""FHIR type -> system type that it converts to by itself (FHIR, FHIRPath page, section on types)."""
SYSTEM_TYPES = frozenset(
    ("Boolean", "String", "Integer", "Long", "Decimal", "Date", "DateTime", "Time", "Quantity")
)


class Long(int):
    """An integer written with ``L``."""


@dataclass(frozen=True, slots=True)
class TypeInfo:
    """What ``type()`` gives: a namespace (``System`` or ``FHIR``) and a name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}.{self.name}" if self.namespace else self.name


Choice: TypeAlias = tuple[str, str, "NodeType", int]
"""``(key, _key, type, order)`` of one type of a choice."""
Field: TypeAlias = tuple[str, str, "NodeType", bool, "dict[str, Choice] | None"]
"""``(key, _key, type, plain, choices)``.

``plain``: the children need neither their ``_key`` nor their ``resourceType`` looked at. For a choice the
first three are unused and ``choices`` maps every key and ``_key`` to its :data:`Choice`."""


class NodeType:
    """A type as navigation needs it; made once per model, compared by identity.

    :ivar name: FHIR name; the path for a backbone element; ``""`` for what the model does not know.
    :ivar shown: name for ``is`` and ``type()``: ``BackboneElement`` for a backbone element.
    :ivar supers: all names that ``is`` accepts, the own one included.
    :ivar primitive: whether it is a FHIR primitive.
    :ivar convert: makes a system value out of the JSON value before a comparison; ``None`` when it is one
        already.
    :ivar any_resource: whether the value itself says its type (``resourceType``).
    """

    __slots__ = (
        "any_resource",
        "convert",
        "fields",
        "name",
        "primitive",
        "schema",
        "shown",
        "supers",
        "supers_folded",
    )

    def __init__(
        self, schema: Schema, name: str, shown: str, supers: frozenset[str], primitive: bool
    ) -> None:
        self.schema = schema
        self.name = name
        self.shown = shown
        self.supers = supers
        self.supers_folded = frozenset(s.lower() for s in supers)
        self.primitive = primitive
        self.convert: Callable[[Any], Any] | None = None
        self.any_resource = False
        self.fields: dict[str, Field] = {}

    def __repr__(self) -> str:
        return f"NodeType({self.name or '?'})"

    def field(self, name: str) -> Field:
        """How to read element ``name``; what the model does not know is read by its name, without a type."""
        found = self.fields.get(name)
        if found is None:
            found = self.schema.make_field(self, name)
            if len(self.fields) < 2000 and name[:1] != "_":  # names come from expressions, so from outside
                self.fields[name] = found
        return found


def _temporal(parser: Callable[[str], Temporal | None]) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        if type(value) is str:
            found = parser(value)
            return value if found is None else found
        return value

    return convert


def _quantity(value: Any) -> Any:
    """A FHIR Quantity with a UCUM code as system quantity, else the value itself."""
    if type(value) is not dict or value.get("system") != UCUM:
        return value
    number, code = value.get("value"), value.get("code")
    if type(code) is not str or not isinstance(number, (int, Decimal)) or type(number) is bool:
        return value
    if "comparator" in value:
        raise evaluation_error(
            "een Quantity met een comparator kan niet worden vergeleken",
            "a Quantity with a comparator cannot be compared",
            expected=PLAIN_QUANTITY,
            received=value,
        )
    return Quantity(within_reach(Decimal(number)), code, calendar=False, from_fhir=code in UCUM_TO_CALENDAR)


class Schema:
    """Navigation tables of one model, filled while they are used."""

    __slots__ = ("_types", "model", "unknown")

    def __init__(self, model: Model) -> None:
        self.model = model
        self._types: dict[str, NodeType] = {}
        self.unknown = NodeType(self, "", "", frozenset(), primitive=False)
        self.unknown.any_resource = True

    def type(self, name: str) -> NodeType:
        """The node type of a FHIR type name; :attr:`unknown` when the model does not have it."""
        found = self._types.get(name)
        if found is None:
            found = self._make(name)
            if found is not self.unknown:
                self._types[name] = found
        return found

    def _make(self, name: str) -> NodeType:
        facts = self.model.types.get(name)
        if facts is None:
            return self.unknown
        ancestors = self.model.ancestors(name)
        shown = next((a for a in ancestors if "." not in a), "Element") if facts.kind == "backbone" else name
        made = NodeType(self, name, shown, frozenset(a for a in ancestors if "." not in a), facts.primitive)
        if name in PARSERS:
            made.convert = _temporal(PARSERS[name])
        elif "Quantity" in made.supers:
            made.convert = _quantity
        made.any_resource = name in ("Resource", "DomainResource")
        return made

    def make_field(self, owner: NodeType, name: str) -> Field:
        """Navigation facts of element ``name`` of ``owner``."""
        facts = self.model.types.get(owner.name)
        element = facts.stems.get(name) if facts is not None else None
        if element is not None and facts is not None:
            if not element.choice:
                return self._field(name, self.type(element.types[0].code))
            choices: dict[str, Choice] = {}
            for order, ref in enumerate(element.types):
                key = element.key_for(ref.code)
                entry = (key, "_" + key, self.type(ref.code), order)
                choices[key] = choices["_" + key] = entry
            return ("", "", self.unknown, False, choices)
        key_facts = facts.key(name) if facts is not None else None
        kind = self.type(key_facts.type.code) if key_facts is not None else self.unknown
        if kind is self.unknown and name == "extension":
            kind = self.type("Extension")
        return self._field(name, kind)

    @staticmethod
    def _field(name: str, kind: NodeType) -> Field:
        return (name, "_" + name, kind, not kind.primitive and not kind.any_resource, None)

    def of_resource(self, value: Any, declared: NodeType) -> NodeType:
        """The type of a value that may say it itself in ``resourceType``."""
        if value.__class__ is dict:
            name = value.get("resourceType")
            if name.__class__ is str:
                return self._types.get(name) or self.resource_type(name)
        return declared

    def resource_type(self, name: str) -> NodeType:
        """Node type for a ``resourceType``; a name that the model does not know gets a type of its own."""
        found = self.type(name)
        if found is self.unknown:
            found = NodeType(self, name, name, frozenset((name,)), primitive=False)
        return found

    def root(self, resource: Any, type_name: str = "") -> RawNode:
        """The node of a whole document (or, with ``type_name``, of a value of that type)."""
        declared = self.type(type_name) if type_name else self.unknown
        return (resource, self.of_resource(resource, declared), None, None, "", -1)


_SCHEMAS: dict[int, Schema] = {}


def schema_of(model: Model) -> Schema:
    """The one :class:`Schema` of a model."""
    found = _SCHEMAS.get(id(model))
    if found is None or found.model is not model:
        found = _SCHEMAS[id(model)] = Schema(model)
    return found


def location(node: RawNode) -> str:
    """Where a node stands: ``Bundle.entry[2].resource.valueQuantity.unit`` (JSON keys, 0-based indexes)."""
    steps: list[str] = []
    at: Any = node
    while at[3] is not None:
        steps.append(at[4] if at[5] < 0 else f"{at[4]}[{at[5]}]")
        at = at[3]
    steps.append(at[4] or at[1].name or "$this")
    return ".".join(reversed(steps))


class Node:
    """A node as callers see it."""

    __slots__ = ("raw",)

    def __init__(self, raw: RawNode) -> None:
        self.raw = raw

    @property
    def value(self) -> Any:
        """JSON value; ``None`` for a primitive without value."""
        return self.raw[0]

    @property
    def type(self) -> str:
        """FHIR type (the path of a backbone element), ``""`` when the model does not know it."""
        return self.raw[1].name

    @property
    def extra(self) -> Any:
        """Content of ``_key``: id and extensions of a primitive; ``None`` for none."""
        return self.raw[2]

    @property
    def parent(self) -> Node | None:
        """The node it was reached from."""
        return Node(self.raw[3]) if self.raw[3] is not None else None

    @property
    def location(self) -> str:
        """See :func:`location`."""
        return location(self.raw)

    def child(self, key: str, index: int = -1) -> Node:
        """The node of one JSON key below this one (one list item with ``index``); for validators that walk
        themselves."""
        return Node(child_node(self.raw, key, index))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and self.raw[0] == other.raw[0] and self.raw[2] == other.raw[2]

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Node({self.location}: {self.value!r})"


def child_node(parent: RawNode, key: str, index: int = -1) -> RawNode:
    """Raw node of a JSON key (not a stem) below ``parent``; the item at ``index`` when it is a list."""
    field = parent[1].field(key)
    value = parent[0].get(key) if type(parent[0]) is dict else None
    extra = parent[0].get("_" + key) if type(parent[0]) is dict else None
    if index >= 0:
        value = value[index] if type(value) is list and index < len(value) else None
        extra = extra[index] if type(extra) is list and index < len(extra) else None
    kind = field[2]
    if kind.any_resource:
        kind = kind.schema.of_resource(value, kind)
    return (value, kind, extra, parent, key, index)


def wrap(items: Iterable[Item]) -> list[Any]:
    """Raw nodes as :class:`Node`, plain values as they are."""
    return [Node(item) if type(item) is tuple else item for item in items]


def unwrap(value: Any) -> Items:
    """A value from a caller or a service as collection: nodes unwrapped, lists flattened, ``None`` empty."""
    if value is None:
        return []
    if isinstance(value, (list, tuple)):
        return [item.raw if isinstance(item, Node) else item for item in value if item is not None]
    return [value.raw if isinstance(value, Node) else value]
