"""One flow of refused requests: its groups in order, each between legal requests."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from harness.core.standards.table import Standard
from harness.medmij.refusals.cells import Cell, cells, operations
from harness.network.drive.refusals.authorize import Authorize
from harness.network.drive.refusals.data import Data
from harness.network.drive.refusals.grants import Grants
from harness.network.drive.refusals.pace import Pace
from harness.network.drive.refusals.steps import Steps
from harness.network.drive.refusals.wallet import Maker, Others, Wallet
from harness.network.drive.session import Stop


def run(
    flow: str,
    release: str,
    make: Maker,
    others: Others,
    *,
    offered: Sequence[Standard],
    other_provider: str,
    intensity: str,
    live: bool,
    reads: bool = False,
) -> None:
    """Drive every cell of a flow that can be made here.

    :param offered: standards of the HIS that the DVZA serves, that of the cell first.
    :param reads: whether nothing is written.
    :param other_provider: MedMij name of a provider that the DVZA does not authorize for.
    """
    pace = Pace(live=live)
    wallet = Wallet(make, others, pace.login)
    known = [item for item in operations(offered) if not (reads and item.kind == "write")]
    data, grants = Data(wallet, pace, known), Grants(wallet, pace)
    authorize = Authorize(make, others, pace, other_provider)
    steps = Steps(make, others, pace)
    for operation in known:
        wallet.place(operation)
    for name, members in groupby(cells(flow, release, known, intensity), key=lambda item: item.group.id):
        wanted = [item for item in members if not others.missing(item.row.needs)]
        pace.begin()
        try:
            _group(name, wanted, data, grants, authorize, steps)
        except Stop:
            continue


def _group(
    name: str, wanted: list[Cell], data: Data, grants: Grants, authorize: Authorize, steps: Steps
) -> None:
    """One group; what is legal comes before and after it."""
    if not wanted:
        return
    axis = wanted[0].group.axis
    if axis in ("authorize", "walk"):
        for cell in wanted:
            authorize.attempt(cell)
    elif axis == "steps":
        for cell in wanted:
            steps.attempt(cell)
    elif axis in ("grants", "code"):
        for cell in wanted:
            grants.attempt(cell)
        grants.control(name, dict.fromkeys(cell.on for cell in wanted))
    else:
        used = {cell.operation.name: cell.operation for cell in wanted if cell.operation is not None}
        data.before(used.values(), name)
        for cell in wanted:
            data.attempt(cell)
        for operation in used.values():
            data.control(operation, name)
