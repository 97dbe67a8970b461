"""Compiled expressions: what callers hold."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from harness.core.text import Text
from harness.fhir.fhirpath.compiler.code import Code, truth
from harness.fhir.fhirpath.compiler.dispatch import Compiler
from harness.fhir.fhirpath.context import BUDGET, DocumentContext, Evaluation, Resolve, Services
from harness.fhir.fhirpath.dialect import STRICT, Dialect, dialect_for
from harness.fhir.fhirpath.errors import FHIRPathError, FHIRPathSyntaxError, unsupported_error
from harness.fhir.fhirpath.functions.table import FUNCTIONS
from harness.fhir.fhirpath.nodes import Items, Node, NodeType, schema_of, unwrap, wrap
from harness.fhir.fhirpath.parser import parse
from harness.fhir.fhirpath.shortcuts import FALSE, TRUE, UNSURE, Settle, shortcut
from harness.fhir.fhirpath.syntax import Expr
from harness.fhir.model.types import Model
from harness.fhir.phrases import LESS_DEEP, TOO_DEEP

CACHE = 12_000
"""Compiled expressions that are kept (one kept expression is about 10 kB)."""
_NO_SERVICES = Services()


@dataclass(frozen=True, slots=True)
class Decision:
    """A boolean outcome, and whether the dialect made it.

    :ivar value: the verdict in the dialect of the expression.
    :ivar dialect: name of that dialect.
    :ivar strict: the verdict of the strict dialect; ``None`` when it raises there.
    """

    value: bool
    dialect: str
    strict: bool | None

    @property
    def mode_matters(self) -> bool:
        """Whether the strict dialect says something else."""
        return self.value is not self.strict


class Expression:
    """A compiled expression; immutable, cheap to keep, safe to share.

    :ivar text: the expression as given.
    :ivar tree: its syntax tree.
    :ivar dialect: the dialect it was compiled for.
    :ivar warnings: oddities found at compile time (unknown function or type, wrong number of arguments).
    """

    __slots__ = ("_code", "_other", "_settle", "dialect", "model", "text", "tree", "warnings")

    def __init__(self, text: str, tree: Expr, dialect: Dialect, model: Model) -> None:
        self.text = text
        self.tree = tree
        self.dialect = dialect
        self.model = model
        compiler = Compiler(dialect, schema_of(model), FUNCTIONS)
        self._code: Code = compiler.expr(tree)
        self.warnings: tuple[Text, ...] = tuple(dict.fromkeys(compiler.warnings))
        self._settle: Settle | None = _ask_first
        self._other: Expression | None = None

    def __repr__(self) -> str:
        return f"Expression({self.text!r}, {self.dialect.name})"

    def evaluate(
        self,
        document: Any,
        *,
        context: Node | list[Node] | None = None,
        root: Node | None = None,
        environment: Mapping[str, Any] | None = None,
        resolve: Resolve | None = None,
        services: Services | None = None,
        now: datetime | date | None = None,
        budget: int = BUDGET,
    ) -> list[Any]:
        """The result collection: :class:`Node` for elements of the document, plain values for the rest.

        :param document: a resource (JSON-shaped dict) or a :class:`DocumentContext`; give the latter when
            more than one expression runs over the same document.
        :param context: element(s) to start from instead of the document, as an invariant does.
        :param root: what ``%resource`` is; the resource around ``context`` (or the document) when not given.
        :param environment: values for ``%name``.
        :param resolve: finds references that the document does not hold; short for ``Services(resolve=…)``.
        :param now: what ``now()`` and ``today()`` say; the engine never reads a clock.
        :param budget: visited items after which the evaluation is stopped.
        :raises FHIRPathError: for everything that goes wrong.
        """
        return wrap(self._run(document, context, root, environment, resolve, services, now, budget))

    def values(self, document: Any, **options: Any) -> list[Any]:
        """Like :meth:`evaluate` with the JSON value of each node instead of the node."""
        return [item.value if isinstance(item, Node) else item for item in self.evaluate(document, **options)]

    def check(self, document: Any, **options: Any) -> bool:
        """The result as verdict (asserts, invariants): true for ``true`` and, in the hapi dialects, for any
        item(s).

        In the strict dialect only one ``true`` counts. Empty is false. Takes the options of :meth:`evaluate`.

        :raises FHIRPathError: as :meth:`evaluate`.
        """
        found = self._run(document, **{**_DEFAULTS, **options})
        if self.dialect.lenient_boolean:
            return bool(truth(found, True))
        return len(found) == 1 and (found[0][0] if type(found[0]) is tuple else found[0]) is True

    def verdict(self, document: Any, **options: Any) -> bool | None:
        """The result as boolean; ``None`` when it is empty or several items, so says neither.

        In a lenient dialect that cannot happen: it is :meth:`check`. Takes the options of :meth:`evaluate`.

        :raises FHIRPathError: as :meth:`evaluate`.
        """
        found = self._run(document, **options)
        if self.dialect.lenient_boolean:
            return bool(truth(found, True))
        if len(found) != 1:
            return None
        value = found[0][0] if type(found[0]) is tuple else found[0]
        return value if type(value) is bool else True

    def settled(self, value: dict[str, Any], type_name: str) -> bool | None:
        """What :meth:`verdict` says with an object as context, where that follows from its keys alone; else
        ``None``.

        :param type_name: FHIR type of the object; a resource says its own.
        """
        if self._settle is None:
            return None
        schema = schema_of(self.model)
        if self._settle is _ask_first:
            compiler = Compiler(self.dialect, schema, FUNCTIONS)
            self._settle = None if self.warnings else shortcut(compiler, self.tree)
            if self._settle is None:
                return None
        answer = self._settle(value, schema.of_resource(value, schema.type(type_name)))
        return True if answer == TRUE else False if answer == FALSE else None

    def decide(self, document: Any, **options: Any) -> Decision:
        """The verdict of :meth:`check` together with that of the strict dialect.

        :raises FHIRPathError: when the own dialect raises; in the strict dialect that counts as "no verdict".
        """
        value = self.check(document, **options)
        if self.dialect is STRICT:
            return Decision(value, self.dialect.name, value)
        if self._other is None:
            self._other = Expression(self.text, self.tree, STRICT, self.model)
        try:
            strict: bool | None = self._other.check(document, **options)
        except FHIRPathError:
            strict = None
        return Decision(value, self.dialect.name, strict)

    def _run(
        self,
        document: Any,
        context: Node | list[Node] | None = None,
        root: Node | None = None,
        environment: Mapping[str, Any] | None = None,
        resolve: Resolve | None = None,
        services: Services | None = None,
        now: datetime | date | None = None,
        budget: int = BUDGET,
    ) -> Items:
        whole = document if type(document) is DocumentContext else DocumentContext(document, model=self.model)
        start = whole.root_items if context is None else unwrap(context)
        if root is not None:
            resource = [root.raw]
        else:
            resource = whole.root_items if context is None else _resource_around(start, whole)
        if services is None:
            services = _NO_SERVICES if resolve is None else Services(resolve=resolve)
        elif resolve is not None:
            services = Services(resolve, services.member_of, services.conforms_to, services.trace)
        state = Evaluation(whole, self.dialect, start, resource, environment, services, now, budget)
        # An evaluation makes many small tuples and no cycles: the collector would only walk the whole heap
        # again and again.
        collecting = gc.isenabled()
        if collecting:
            gc.disable()
        try:
            return self._code.run(state, start)
        except FHIRPathError:
            raise
        except RecursionError:
            raise unsupported_error(
                "het document of de expressie is te diep genest",
                "the document or the expression is nested too deeply",
            ) from None
        except Exception as error:
            raise unsupported_error(
                f"de expressie kan hier niet worden geëvalueerd ({type(error).__name__})",
                f"the expression cannot be evaluated here ({type(error).__name__})",
                received=str(error)[:200],
            ) from error
        finally:
            if collecting:
                gc.enable()


_DEFAULTS: dict[str, Any] = {}


def _ask_first(value: dict[str, Any], kind: NodeType) -> int:
    """Stands for a shortcut that nobody asked for yet."""
    return UNSURE


def _resource_around(start: Items, whole: DocumentContext) -> Items:
    """What ``%resource`` is for an element: the nearest resource above it (or the element itself)."""
    node = start[0] if start and type(start[0]) is tuple else None
    while node is not None:
        if type(node[0]) is dict and "resourceType" in node[0]:
            return [node]
        node = node[3]
    return whole.root_items


@lru_cache(maxsize=CACHE)
def _compiled(text: str, model: Model, dialect: Dialect) -> Expression:
    collecting = gc.isenabled()  # closures and trees are made in bulk; see _run
    if collecting:
        gc.disable()
    try:
        return Expression(text, parse(text), dialect, model)
    except RecursionError:
        raise FHIRPathSyntaxError(text[:200], 0, LESS_DEEP, TOO_DEEP) from None
    finally:
        if collecting:
            gc.enable()


def compile(expression: str, *, model: Model, dialect: str = "hapi") -> Expression:
    """The compiled form of an expression, from the cache when it was compiled before.

    :param model: structure facts of the FHIR version, see :func:`harness.fhir.model.types.load_model`.
    :param dialect: ``hapi`` (the engine that official scripts were written for, by FHIR version of the
        model), ``strict``, or explicitly ``hapi-stu3`` / ``hapi-r4``.
    :raises FHIRPathSyntaxError: with line, column and what was expected there.
    :raises UsageError: for an unknown dialect.
    """
    return _compiled(expression, model, dialect_for(dialect, model.version))
