"""What is known to name nobody, and what was heard in a unit so far."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from harness.record.redact.wire.vocabulary import HTTP_HOSTS, HTTP_WORDS

_REMEMBERED: Final = 20_000
"""Values of each kind that are remembered in a unit."""
_LEAST: Final = 3
"""Characters from which a value is remembered: shorter ones are words and numbers of everybody."""


@dataclass(frozen=True)
class Familiar:
    """What a run knows beforehand.

    :ivar alone: whether nobody but our own software speaks, so that everything is known.
    :ivar asking: participants whose requests are our own; ``answering`` those whose answers are.
    :ivar hosts: host names, lower case, without port; ``values``: parts of addresses and parameters that
        stay as a whole.
    :ivar phrases: names of parties, lower case; ``words``: words of texts, lower case.
    """

    alone: bool = False
    asking: frozenset[str] = frozenset()
    answering: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    phrases: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()

    @cached_property
    def all_words(self) -> frozenset[str]:
        """Every word that names nobody."""
        return self.words | HTTP_WORDS

    @cached_property
    def all_hosts(self) -> frozenset[str]:
        """Every host that is nobody's secret."""
        return self.hosts | HTTP_HOSTS

    @cached_property
    def phrase(self) -> re.Pattern[str] | None:
        """Finds the names of parties in a text."""
        names = sorted((name for name in self.phrases if len(name) >= _LEAST), key=len, reverse=True)
        if not names:
            return None
        return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)", re.I)


class _Remembered:
    """A bounded set; of too many the oldest goes."""

    def __init__(self) -> None:
        self._values: OrderedDict[str, None] = OrderedDict()

    def add(self, value: str) -> None:
        self._values[value] = None
        if len(self._values) > _REMEMBERED:
            self._values.popitem(last=False)

    def __contains__(self, value: str) -> bool:
        return value in self._values

    def __bool__(self) -> bool:
        return bool(self._values)


class Heard:
    """What was said in one recording unit.

    Its values lose and gain nothing by the order in which threads come: each is looked up by itself.
    """

    def __init__(self) -> None:
        self._foreign, self._own, self._kept = _Remembered(), _Remembered(), _Remembered()

    def masked(self, value: str) -> None:
        """A value of somebody else that became a tag: so it does where we repeat it."""
        if len(value) >= _LEAST:
            self._foreign.add(value)

    def sent(self, value: str) -> None:
        """A value of a request of our own: where it is repeated it says nothing new."""
        if len(value) >= _LEAST and value not in self._foreign:
            self._own.add(value)

    def kept(self, values: Iterable[str]) -> None:
        """Ids and addresses of a document that is kept."""
        for value in values:
            self._kept.add(value)

    def is_foreign(self, value: str) -> bool:
        """Whether a value became a tag before."""
        return value in self._foreign

    def is_known(self, value: str) -> bool:
        """Whether a value stands in what is kept, or is our own."""
        return value in self._kept or value in self._own
