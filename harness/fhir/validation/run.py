"""State of one validation: findings so far, where we are, what the document offers to resolve references."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

from harness.core.issues import Severity, shorten
from harness.core.text import Text
from harness.fhir.fhirpath import Expression
from harness.fhir.fhirpath.context import DocumentContext, Services
from harness.fhir.fhirpath.nodes import Node, RawNode, schema_of
from harness.fhir.model.types import Model
from harness.fhir.profiles.knowledge import Knowledge
from harness.fhir.profiles.matching import codings
from harness.fhir.profiles.terminology import Answer
from harness.fhir.validation.findings import Found, phrase_of
from harness.fhir.validation.messages import sentence
from harness.fhir.validation.places import Json, Place

MAX_ISSUES = 2_000
"""Findings collected for one document; a document with more has a systematic problem."""


class Rules(Protocol):
    """What a check may ask of all that a document is validated against."""

    @property
    def model(self) -> Model:
        """Types of the FHIR version."""

    @property
    def knowledge(self) -> Knowledge:
        """Profiles and terminology."""

    def apply_profile(self, url: str, value: Any, companion: Any, code: str, place: Place, run: Run) -> None:
        """Applies the constraints of a profile to a value whose base shape was already checked."""

    def conforms(self, value: Any, code: str, url: str, place: Place, run: Run) -> bool | None:
        """Whether a value conforms to a profile; ``None`` when the profile is unknown."""


Choose: TypeAlias = Callable[[Json], Sequence[str]]
"""Which profiles a resource has to conform to one of."""


class Scope(NamedTuple):
    """A resource that contains or is contained: what ``#id`` and relative references are resolved against.

    :ivar resource: the (outermost) resource that holds the contained ones.
    :ivar place: where it stands.
    :ivar full_url: its ``fullUrl`` when it stands in a Bundle.
    """

    resource: Json
    place: Place
    full_url: str


class Run:
    """One validation of one document.

    :param rules: what documents are validated against.
    :param root: the document.
    :param choose: the profiles, one of which each resource has to conform to, instead of those that it
        declares; ``None``: what it declares.
    """

    __slots__ = (
        "_services",
        "active",
        "applied",
        "bundle",
        "bundle_indexes",
        "cache",
        "choose",
        "document",
        "errors",
        "found",
        "ids",
        "node",
        "notes",
        "root",
        "rules",
        "scope",
        "target_cache",
        "within",
    )

    def __init__(self, rules: Rules, root: Json, choose: Choose | None = None) -> None:
        self.rules = rules
        self.root = root
        self.choose = choose
        self.found: list[Found] = []
        self.errors = 0
        self.scope: Scope | None = None
        self.applied: set[tuple[int, str]] = set()
        self.ids: set[str] = set()
        self.active: set[tuple[int, str]] = set()
        self.notes: set[tuple[str, str]] = set()
        self.bundle: Json | None = None
        self.bundle_indexes: dict[int, dict[str, list[Json]]] = {}
        self.target_cache: dict[tuple[int, str], bool] = {}
        self.document: DocumentContext | None = None
        self.node: RawNode | None = None
        self._services: Services | None = None
        self.cache: dict[Any, Any] = {}
        self.within: tuple[Place | None, str, Json] = (None, "", root)

    def add(
        self,
        rule: str,
        place: Place | None,
        *,
        severity: Severity = "error",
        expected: object = "",
        received: object = "",
        name: str = "",
        where: str = "",
        message: Text | None = None,
    ) -> None:
        """Records a finding."""
        if severity == "error":
            self.errors += 1
        if len(self.found) >= MAX_ISSUES:
            if len(self.found) == MAX_ISSUES:
                self.found.append(Found("fhir-limit", severity, sentence("fhir-limit"), place, "", ""))
            return
        self.found.append(
            Found(
                rule,
                severity,
                message or sentence(rule, shorten(name, 80), shorten(where, 80)),
                place,
                phrase_of(expected) if isinstance(expected, Text | str) else shorten(expected),
                phrase_of(received),
            )
        )

    def once(self, rule: str, subject: str, place: Place | None, **details: Any) -> None:
        """Records a finding about the package or a capability, once per document and subject."""
        if (rule, subject) not in self.notes:
            self.notes.add((rule, subject))
            self.add(rule, place, **details)

    def decide(
        self,
        expression: Expression,
        value: Any,
        code: str,
        place: Place,
        environment: Mapping[str, Any] | None = None,
    ) -> bool | None:
        """Whether an expression holds with ``value`` (of type ``code``, at ``place``) as context; ``None``
        when its result says neither.

        :raises FHIRPathError: when it cannot be evaluated.
        """
        document = self._prepared()
        if value is self.root:
            return expression.verdict(document, services=self._services, environment=environment)
        schema = document.schema
        around = self.resource_node(document)
        kind = schema.of_resource(value, schema.type(code)) if code[:1].isupper() else schema.type(code)
        raw: RawNode = (value, kind, None, None if around[0] is value else around, place[3], place[2])
        if around is not document.root:
            environment = {"rootResource": self._outermost(around), **(environment or {})}
        return expression.verdict(
            document,
            context=Node(around if around[0] is value else raw),
            root=Node(around),
            services=self._services,
            environment=environment,
        )

    def select(self, expression: Expression) -> list[Node]:
        """The elements that an expression selects in the resource that is being checked.

        :raises FHIRPathError: when it cannot be evaluated.
        """
        document = self._prepared()
        around = Node(self.resource_node(document))
        found = expression.evaluate(document, context=around, services=self._services)
        return [item for item in found if isinstance(item, Node)]

    def _prepared(self) -> DocumentContext:
        document = self.document
        if document is None:
            document = self.document = DocumentContext(self.root, model=self.rules.model)
            self._services = Services(member_of=self._member_of, conforms_to=self._conforms_to)
        return document

    def _outermost(self, node: RawNode) -> Node:
        """The resource that contains a contained resource; any other resource itself."""
        while node[4] == "contained" and node[3] is not None:
            node = node[3]
        return Node(node)

    def resource_node(self, document: DocumentContext) -> RawNode:
        """The FHIRPath node of the resource that is being checked."""
        return document.root if self.node is None else self.node

    def enter(self, resource: Json, place: Place) -> RawNode | None:
        """Makes ``resource`` the one that is being checked; returns what to put back with :meth:`leave`."""
        outer = self.node
        if place[0] is not None:
            schema = schema_of(self.rules.model)
            parent = outer if outer is not None else schema.root(self.root)
            self.node = (
                resource,
                schema.of_resource(resource, schema.unknown),
                None,
                parent,
                place[3],
                place[2],
            )
        return outer

    def inside(self, resource: Json) -> bool:
        """Whether ``resource`` is the one that is being checked."""
        return (self.root if self.node is None else self.node[0]) is resource

    def leave(self, outer: RawNode | None) -> None:
        """Undoes :meth:`enter`."""
        self.node = outer

    def _member_of(self, value: Any, url: str) -> bool | None:
        members = self.rules.knowledge.members(url)
        undecided = False
        for system, code in codings(value.value if isinstance(value, Node) else value):
            answer = members.decide(system, code) if system is not None else members.decide_bare(code)
            if answer is Answer.IN:
                return True
            undecided = undecided or answer is Answer.UNKNOWN
        return None if undecided else False

    def _conforms_to(self, value: Any, url: str) -> bool | None:
        content = value.value if isinstance(value, Node) else value
        code = content.get("resourceType") if isinstance(content, dict) else None
        if not isinstance(code, str):
            return None
        return self.rules.conforms(content, code, url, (None, code, -1, ""), self)

    def trial(self, check: Callable[[], None]) -> int:
        """Runs ``check`` without keeping its findings; how many errors it gave."""
        return self.attempt(check)[0]

    def attempt(self, check: Callable[[], None]) -> tuple[int, list[Found]]:
        """Runs ``check`` apart: how many errors it gave, and what it found (see :meth:`keep`)."""
        found, errors, applied = self.found, self.errors, self.applied
        self.found, self.errors, self.applied = [], 0, set()
        notes = set(self.notes)
        try:
            check()
            return self.errors, self.found
        finally:
            self.found, self.errors, self.applied = found, errors, applied
            self.notes = notes

    def keep(self, attempt: tuple[int, list[Found]]) -> None:
        """Adds what an attempt found."""
        self.errors += attempt[0]
        self.found += attempt[1][: max(0, MAX_ISSUES - len(self.found))]


Check: TypeAlias = Callable[[Any, Place, Run], None]
"""A check on one value at its place."""
