"""Named resources of a content stream (ISO 32000-1, 7.8.3)."""

from __future__ import annotations

from typing import Any

from harness.pdfa.file.objects import Objects


class Resources:
    """Named resources of a stream: its own, and those it can only reach by inheritance.

    :ivar borrowed: names that only inheritance found.
    """

    __slots__ = ("_defaults", "borrowed", "doc", "inherited", "own")

    def __init__(self, doc: Objects, own: dict[str, Any] | None, inherited: dict[str, Any] | None) -> None:
        self.doc = doc
        self.own = own
        self.inherited = inherited
        self.borrowed: set[str] = set()
        self._defaults: bool | None = None

    def lookup(self, category: str, name: str) -> Any:
        """The value (maybe a reference) behind a name; notes when only inheritance finds it."""
        if self.own is not None:
            found = self.doc.sub(self.own, category).get(name)
            if found is not None:
                return found
        if self.inherited is not None:
            found = self.doc.sub(self.inherited, category).get(name)
            if found is not None:
                self.borrowed.add(name)
                return found
        return None

    def default(self, name: str) -> Any:
        """A Default colour space of the stream's own resources (the inherited ones when it has none)."""
        source = self.merged()
        return self.doc.sub(source, "ColorSpace").get(name) if source is not None else None

    def has_defaults(self) -> bool:
        """Whether any Default colour space is defined."""
        if self._defaults is None:
            source = self.merged()
            spaces = self.doc.sub(source, "ColorSpace") if source is not None else {}
            self._defaults = not spaces.keys().isdisjoint(("DefaultGray", "DefaultRGB", "DefaultCMYK"))
        return self._defaults

    def merged(self) -> dict[str, Any] | None:
        """What a nested stream inherits."""
        return self.own if self.own is not None else self.inherited
