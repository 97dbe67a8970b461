"""Tags: what stands in the place of a secret, and the memory of which value got which.

A tag ``[kind:hash]`` is an HMAC-SHA-256 with a key that lives for one run, so tags are equal when the values
are, and cannot be reversed or compared between runs.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from collections import OrderedDict
from typing import Final
from urllib.parse import quote, quote_plus

from harness.record.redact.hunt import hunted

TAG: Final = re.compile(r"\[(?:token|code|refresh|bsn|state|cookie|person|key):[0-9a-f]{12}\]")
_MIN_EMBEDDED: Final = 12
"""Secrets of at least this length are also found inside longer words."""
_RECENT: Final = 48
_REMEMBERED: Final = 50_000


def kind_of_tag(tag: str) -> str:
    """The kind of secret that a tag stands for.

    >>> kind_of_tag("[token:0123456789ab]")
    'token'
    """
    return tag[1 : tag.index(":")]


class Tags:
    """Gives tags, and remembers learned values for the rest of the run. Thread-safe.

    :param key: random bytes that live for one run and are never written.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._lock = threading.RLock()
        self._tags: OrderedDict[str, tuple[str, str]] = OrderedDict()  # written form -> (tag, plain value)
        self._recent: dict[str, OrderedDict[str, None]] = {}

    def tag(self, kind: str, value: str) -> str:
        """The tag of a value; the same value always has the same tag, whatever it is called later."""
        with self._lock:
            found = self._tags.get(value)
            if found is not None:
                return found[0]
        if TAG.fullmatch(value):
            return value
        digest = hmac.new(self._key, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:12]
        return f"[{kind}:{digest}]"

    def remember(self, kind: str, value: str, cell: str = "", *, announced: bool = False) -> None:
        """Remember a secret, so that it is replaced wherever it appears from now on.

        An ordinary word, code or number is not remembered (:mod:`harness.record.redact.hunt`).

        :param announced: whether a driver or mock said that it is a secret.
        """
        if TAG.fullmatch(value) or not hunted(value, announced=announced):
            return
        with self._lock:
            tag = self.tag(kind, value)
            for form in {value, quote(value, safe=""), quote_plus(value), value.replace("/", "\\/")}:
                if form not in self._tags:
                    self._tags[form] = (tag, value)
                    while len(self._tags) > _REMEMBERED:
                        self._tags.popitem(last=False)
                if len(form) >= _MIN_EMBEDDED:
                    recent = self._recent.setdefault(cell, OrderedDict())
                    recent[form] = None
                    recent.move_to_end(form)
                    while len(recent) > _RECENT:
                        recent.popitem(last=False)

    def lookup(self, word: str) -> tuple[str, str] | None:
        """Tag and plain value of a learned word."""
        return self._tags.get(word)  # one look-up needs no lock, and there are very many

    def embedded(self, cell: str) -> list[str]:
        """Long secrets learned lately in a cell, longest first."""
        with self._lock:
            return sorted((*self._recent.get(cell, ()), *self._recent.get("", ())), key=len, reverse=True)
