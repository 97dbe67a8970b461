"""What an evaluation carries along, and the per-document memory that makes many expressions over one
document fast."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from harness.fhir.fhirpath.dialect import Dialect
from harness.fhir.fhirpath.errors import FHIRPathError, evaluation_error, unsupported_error
from harness.fhir.fhirpath.nodes import Items, Node, RawNode, Schema, schema_of
from harness.fhir.fhirpath.values.temporal import Temporal, render
from harness.fhir.model.types import Model
from harness.fhir.phrases import AT_MOST, NOW, VISITED

BUDGET = 2_000_000
"""Items that one evaluation may visit or make before it is stopped."""

Resolve = Callable[[str], Any]
"""Reference text -> resource (dict or :class:`Node`) or ``None``."""


@dataclass(frozen=True)
class Services:
    """What an expression may ask its surroundings; everything is optional.

    :ivar resolve: finds a reference that the document itself does not hold.
    :ivar member_of: ``(value, value set URL) -> bool``, ``None`` when it cannot be decided.
    :ivar conforms_to: ``(value, profile URL) -> bool``, ``None`` when the profile is unknown.
    :ivar trace: gets the name and the items of each ``trace()``.
    """

    resolve: Resolve | None = None
    member_of: Callable[[Any, str], bool | None] | None = None
    conforms_to: Callable[[Any, str], bool | None] | None = None
    trace: Callable[[str, list[Any]], None] | None = None


class DocumentContext:
    """One document, prepared for many expressions: its root node, results of shared paths, and its
    references.

    The document must not change while the context lives. Make one per response or resource and pass it to
    :meth:`Expression.evaluate` in place of the resource.
    """

    __slots__ = ("_references", "memos", "model", "resource", "root", "root_items", "schema")

    def __init__(self, resource: Any, *, model: Model, type: str = "") -> None:
        self.resource = resource
        self.model = model
        self.schema: Schema = schema_of(model)
        self.root: RawNode = self.schema.root(resource, type)
        self.root_items: Items = [self.root]
        self.memos: dict[str, dict[str, Items]] = {}
        self._references: dict[str, RawNode] | None = None

    @property
    def node(self) -> Node:
        """The root as :class:`Node`; its children (:meth:`Node.child`) can be contexts of expressions."""
        return Node(self.root)

    def find(self, reference: str) -> RawNode | None:
        """The entry of this Bundle that a reference points to, by full URL or as ``Type/id``."""
        if self._references is None:
            self._references = self._index()
        found = self._references.get(reference)
        if found is None and "/_history/" in reference:
            found = self._references.get(reference.split("/_history/")[0])
        return found

    def _index(self) -> dict[str, RawNode]:
        table: dict[str, RawNode] = {}
        entries = self.resource.get("entry") if type(self.resource) is dict else None
        if type(entries) is not list:
            return table
        entry_type = self.root[1].field("entry")[2]
        for at, entry in enumerate(entries):
            resource = entry.get("resource") if type(entry) is dict else None
            if type(resource) is not dict:
                continue
            kind = self.schema.of_resource(resource, self.schema.unknown)
            node = (resource, kind, None, (entry, entry_type, None, self.root, "entry", at), "resource", -1)
            url = entry.get("fullUrl")
            if type(url) is str:
                table.setdefault(url, node)
            if type(resource.get("id")) is str:
                table.setdefault(f"{kind.name}/{resource['id']}", node)
        return table


class Evaluation:
    """State of one evaluation; closures get it as their first argument."""

    __slots__ = (
        "_instant", "_now", "budget", "context", "dialect", "document", "environment", "index", "memo",
        "resource",
        "root", "services", "total", "variables", "zone",
    )  # fmt: skip

    def __init__(
        self,
        document: DocumentContext,
        dialect: Dialect,
        context: Items,
        resource: Items,
        environment: Mapping[str, Any] | None,
        services: Services,
        now: datetime | date | None,
        budget: int,
    ) -> None:
        self.document = document
        self.dialect = dialect
        self.context = context
        self.resource = resource
        self.root = context
        self.environment = environment
        self.services = services
        self.variables: dict[str, Items] | None = None
        self.index = -1
        self.total: Items = []
        self.budget = budget
        self.zone: int | None = None if dialect.zone_unknown else 0
        self._now = now
        self._instant: datetime | None = None
        memo = None
        if context is document.root_items:
            memo = document.memos.get(dialect.name)
            if memo is None:
                memo = document.memos[dialect.name] = {}
        self.memo: dict[str, Items] | None = memo

    def spend(self, amount: int) -> None:
        """Count visited items.

        :raises FHIRPathError: when the budget is used up.
        """
        self.budget -= amount
        if self.budget < 0:
            raise self.exhausted()

    @staticmethod
    def exhausted() -> FHIRPathError:
        """The error for an evaluation that costs too much."""
        return unsupported_error(
            "de evaluatie kost te veel stappen en is gestopt",
            "the evaluation takes too many steps and was stopped",
            expected=AT_MOST.format(what=VISITED.format(count=BUDGET)),
        )

    def instant(self) -> datetime:
        """The injected moment, aware, in Europe/Amsterdam unless it came with another zone.

        :raises FHIRPathError: when the caller gave none: the engine itself never reads a clock.
        """
        if self._instant is None:
            from harness.core.clock import AMSTERDAM  # late: it brings asyncio, few expressions ask the time

            now = self._now
            if now is None:
                raise evaluation_error(
                    "deze expressie vraagt naar nu, maar er is geen tijdstip meegegeven",
                    "this expression asks for the current time, but none was given",
                    expected=NOW,
                )
            if not isinstance(now, datetime):
                now = datetime(now.year, now.month, now.day, tzinfo=AMSTERDAM)
            self._instant = now if now.tzinfo is not None else now.replace(tzinfo=AMSTERDAM)
        return self._instant

    def now(self) -> Temporal:
        """``now()``."""
        moment = self.instant()
        offset = moment.utcoffset()
        parts = (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)
        zone = int(offset.total_seconds() // 60) if offset is not None else 0
        return render("dateTime", parts, f"{moment.microsecond // 1000:03}", zone)

    def today(self) -> Temporal:
        """``today()``."""
        moment = self.instant()
        return render("date", (moment.year, moment.month, moment.day), "", None)

    def time_of_day(self) -> Temporal:
        """``timeOfDay()``."""
        moment = self.instant()
        return render(
            "time", (moment.hour, moment.minute, moment.second), f"{moment.microsecond // 1000:03}", None
        )
