"""``run.json`` of a run: what its verdicts depend on besides the exchanges."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from harness import __version__
from harness.core.run.findings import Cell
from harness.core.run.folder import ParticipantVersion, RunInfo
from harness.judge.catalogue import Catalogue
from harness.matrix.plan import Selection
from harness.network.file import Network, stated_endpoints
from harness.network.person.expectations import expectations_of


def run_info(
    run_id: str,
    network: Network,
    catalogue: Catalogue,
    cells: Sequence[Cell],
    requirements: Mapping[str, Sequence[str]],
    *,
    t: date,
    now: datetime,
    settings: Mapping[str, Any],
    selection: Selection | None = None,
) -> RunInfo:
    """The facts of a run, with everything that judges are given beside the recording.

    :param requirements: requirement ids per cell key that the run asks.
    :param settings: settings of the run, e.g. ``intensity``; facts of the network are added.
    """
    persons = {cell.key: network.person_of(cell) for cell in cells}
    expectations = expectations_of(network, set(persons.values()), t)
    digest = hashlib.sha256(msgspec.json.encode(expectations, order="deterministic")).hexdigest()
    participants = network.participants
    return RunInfo(
        id=run_id,
        harness=__version__,
        python=platform.python_version(),
        t=t.isoformat(),
        now=now.isoformat(),
        participants=tuple(
            ParticipantVersion(
                id=item.id,
                role=item.role,
                kind=item.kind,
                vendor=item.vendor,
                product=item.product,
                version=item.version,
            )
            for item in participants
        ),
        hashes={"catalogue": catalogue.digest, "expectations": digest},
        plan=tuple(cells),
        selection=msgspec.to_builtins(selection) if selection is not None else {},
        settings={
            **settings,
            "requirements": {key: list(ids) for key, ids in requirements.items()},
            "persons": persons,
            "expectations": expectations,
            "titles": {item.id: item.screen_name for item in participants},
            "stated_endpoints": stated_endpoints(participants),
            "logins": {item.id: item.login for item in participants if item.login},
            "capabilities": {item.id: list(item.capabilities) for item in participants},
        },
    )
