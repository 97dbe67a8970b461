"""What every walker of one check shares: the document, where facts go, and what was met before.

A walker goes over one part of the document and hands every fact that it finds to a :class:`Sink`: the type of
the fact, the fact, where it was found, and a short text of what was received. What becomes of it, it does
not know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from harness.core.text import Phrase
from harness.pdfa.facts.metadata.value_types import Schemas
from harness.pdfa.file.cos import Document
from harness.pdfa.file.lex import Ref
from harness.pdfa.file.objects import Stream
from harness.pdfa.model import Flavour


class Sink(Protocol):
    """Takes the facts of one document.

    :ivar page: number of the page that facts belong to from now on, 0 outside pages.
    :ivar object: number of the indirect object that holds them, 0 outside objects.
    """

    page: int
    object: int

    def take(self, kind: str, fact: Any, where: str = "", received: Phrase = "") -> None:
        """Take one fact of type ``kind``, found at ``where``."""


class Context:
    """One walk over one document.

    :param flavour: what facts are needed for; editions of the standard differ in what they look at.
    :param conforms: says whether an attached document is valid PDF/A-1 or -2 by its claim.
    :ivar emit: hands a fact to the sink; see :meth:`Sink.take`.
    :ivar output_space: colour space of the PDF/A output intent profile: ``GRAY``, ``RGB``, ``CMYK``, other
        text for odd profiles, or ``None`` without output intent.
    :ivar schemas: XMP schemas that the main packet declares.
    """

    def __init__(
        self, doc: Document, flavour: Flavour, sink: Sink, conforms: Callable[[Stream], bool]
    ) -> None:
        self.doc = doc
        self.part = flavour.part
        self.level = flavour.level
        self.budget = doc.budget
        self.limits = doc.budget.limits
        self.sink = sink
        self.emit = sink.take
        self.conforms = conforms
        self.schemas = Schemas(flavour.part)
        self.root: dict[str, Any] = doc.dict_of(doc.trailer.get("Root"))
        self.output_space: str | None = None
        self._met: set[tuple[str, object]] = set()

    @contextmanager
    def inside(self, value: Any) -> Iterator[None]:
        """Facts within belong to the indirect object behind ``value``; a direct value changes nothing."""
        outer = self.sink.object
        if type(value) is Ref:
            self.sink.object = value.num
        elif isinstance(value, Stream):
            self.sink.object = value.key.num
        try:
            yield
        finally:
            self.sink.object = outer

    def first(self, kind: str, key: object) -> bool:
        """True the first time that the thing ``key`` of a kind is met; then it is remembered."""
        if (kind, key) in self._met:
            return False
        self._met.add((kind, key))
        return True
