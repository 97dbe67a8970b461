"""What a run freezes before its first cell: everything that judges are given beside the recording."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

import msgspec

from harness import __version__
from harness.core.run.findings import Cell
from harness.core.run.info import Intensity, ParticipantVersion, RunInfo, Selection, Settings
from harness.judge.catalogue import Catalogue
from harness.network.file import Network, stated_endpoints
from harness.network.person.expectations import expectations_of


class RunFacts:
    """The facts of one run. The expectation file of a person is read once, at the first cell that needs it.

    :param t: the date that ``T`` stands for; ``now`` the frozen instant of the run.
    :param cells: cells whose expectation files are read at once, so that a mistake in one is found here.
    :raises ConfigurationError: an expectation file cannot be read or violates its schema.
    """

    def __init__(
        self,
        network: Network,
        catalogue: Catalogue,
        *,
        t: date,
        now: datetime,
        cells: Iterable[Cell] = (),
        selection: Selection | None = None,
        intensity: Intensity = "normal",
        mode: Literal["drive", "serve"] = "drive",
    ) -> None:
        self.network = network
        self.catalogue = catalogue
        self.t = t
        self.now = now
        self.selection = selection or Selection()
        self.intensity: Intensity = intensity
        self._mode: Literal["drive", "serve"] = mode
        self._expectations: dict[str, dict[str, Any] | None] = {}
        self._read({network.person_of(cell) for cell in cells})

    def _read(self, persons: set[str]) -> dict[str, dict[str, Any]]:
        """Expectations of persons; those without a file are absent."""
        unread = persons - self._expectations.keys()
        found = expectations_of(self.network, unread, self.t)
        self._expectations |= {person: found.get(person) for person in unread}
        known = ((person, self._expectations[person]) for person in sorted(persons))
        return {person: content for person, content in known if content is not None}

    def info(self, run_id: str, cells: Sequence[Cell], requirements: Mapping[str, Sequence[str]]) -> RunInfo:
        """``run.json`` of the run.

        :param requirements: requirement ids per cell key that the run asks.
        """
        network = self.network
        persons = {cell.key: network.person_of(cell) for cell in cells}
        expectations = self._read(set(persons.values()))
        digest = hashlib.sha256(msgspec.json.encode(expectations, order="deterministic")).hexdigest()
        return RunInfo(
            id=run_id,
            harness=__version__,
            python=platform.python_version(),
            t=self.t.isoformat(),
            now=self.now.isoformat(),
            participants=tuple(
                ParticipantVersion(
                    id=item.id,
                    role=item.role,
                    kind=item.kind,
                    vendor=item.vendor,
                    product=item.product,
                    version=item.version,
                )
                for item in network.participants
            ),
            hashes={"catalogue": self.catalogue.digest, "expectations": digest},
            plan=tuple(cells),
            selection=self.selection,
            settings=Settings(
                intensity=self.intensity,
                mode=self._mode,
                requirements={key: tuple(ids) for key, ids in requirements.items()},
                persons=persons,
                expectations=expectations,
                titles={item.id: item.screen_name for item in network.participants},
                stated_endpoints=tuple(stated_endpoints(network.participants)),
                logins={item.id: item.login for item in network.participants if item.login},
                capabilities={item.id: item.capabilities for item in network.participants},
            ),
        )
