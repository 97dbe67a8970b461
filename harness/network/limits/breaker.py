"""A circuit breaker per host: who failed three times in the same way is not asked again."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from harness.core.http.addresses import authority_of
from harness.core.run.limits import FAILURES, GONE


@dataclass(frozen=True)
class Failing:
    """A host that fails.

    :ivar since: ISO 8601 instant of the first of these failures.
    """

    error: str
    since: str
    times: int = 1


class Breaker:
    """The hosts of one run. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failing: dict[str, Failing] = {}

    def seen(self, url: str, error: str, started: str) -> None:
        """What came of a request that a host has to answer.

        :param error: why there was no answer, ``""``: there was one.
        :param started: ISO 8601 instant at which it left.
        """
        host = authority_of(url)
        with self._lock:
            before = self._failing.get(host)
            if before is not None and before.times >= FAILURES:
                return
            if not error.startswith(GONE):
                self._failing.pop(host, None)
            elif before is not None and before.error == error:
                self._failing[host] = Failing(error, before.since, before.times + 1)
            else:
                self._failing[host] = Failing(error, started)

    def open(self, url: str) -> Failing | None:
        """Why a host is not asked any more; ``None``: it is."""
        with self._lock:
            found = self._failing.get(authority_of(url))
        return found if found is not None and found.times >= FAILURES else None
