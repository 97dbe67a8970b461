"""Content streams inside content streams: forms, tiling patterns, Type 3 glyphs, appearances."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from harness.pdfa.facts.graphics.frame import State
from harness.pdfa.facts.graphics.resources import Resources
from harness.pdfa.file.objects import Stream


class Run(Protocol):
    """Interprets a content stream; see :meth:`harness.pdfa.facts.graphics.content.Interpreter.run`."""

    def __call__(
        self,
        data: bytes,
        resources: Resources,
        state: State,
        where: str,
        *,
        marked: list[tuple[bool, int | None]] | None = None,
        colourless: bool = False,
        struct_parents: int | None = None,
    ) -> bool:
        """Interpret ``data``; True when it paints with transparency."""


class NestedStreams:
    """Runs each nested stream once per part of the caller's state that can change a fact.

    That also stops exponential nesting; a stream inside itself is left out.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self._known: dict[tuple[object, ...], bool] = {}
        self._running: set[object] = set()

    def once(self, stream: Stream, key: tuple[object, ...], work: Callable[[], bool]) -> bool:
        """The answer of ``work`` (does ``stream`` paint with transparency?), remembered under ``key``."""
        if stream.key in self._running:
            return False
        known = self._known.get(key)
        if known is None:
            self._running.add(stream.key)
            try:
                known = work()
            finally:
                self._running.discard(stream.key)
            self._known[key] = known
        return known
