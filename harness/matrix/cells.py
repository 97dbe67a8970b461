"""The cells of a run: every HIS with its DVZA, every PGO, every standard and release that they share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.core.errors import UsageError, nearest
from harness.core.run.findings import Cell
from harness.core.run.info import Selection
from harness.core.text import Text
from harness.medmij.releases import oldest_first
from harness.network.file import Network, Participant


def plan_cells(network: Network, selection: Selection) -> tuple[Cell, ...]:
    """The cells of a run, in a stable order.

    :raises UsageError: a selected vendor, standard, PGO or release does not occur in the network.
    """
    his_list = [item for item in network.participants if item.role == "his"]
    pgo_list = [item for item in network.participants if item.role == "pgo"]
    dvzas = {item.id: item for item in network.participants if item.role == "dvza"}
    check_named(
        "vendor", selection.vendors, [name for item in his_list for name in (item.id, item.vendor) if name]
    )
    check_named("pgo", selection.pgos, [item.id for item in pgo_list])
    check_named("dvza", selection.dvzas, list(dvzas))
    check_named("standard", selection.standards, _standards([*his_list, *pgo_list, *dvzas.values()]))
    cells = []
    for his in his_list:
        if selection.vendors and not {his.id, his.vendor} & set(selection.vendors):
            continue
        dvza = dvzas[his.dvza]
        if selection.dvzas and dvza.id not in selection.dvzas:
            continue
        for pgo in pgo_list:
            if selection.pgos and pgo.id not in selection.pgos:
                continue
            cells += _cells(his, dvza, pgo, selection)
    return tuple(cells)


def _cells(his: Participant, dvza: Participant, pgo: Participant, selection: Selection) -> list[Cell]:
    shared = [item for item in his.standards if item in pgo.standards and item in dvza.standards]
    releases = [item for item in dvza.releases if item in pgo.releases and item in his.releases]
    if not selection.releases:
        releases = oldest_first(releases)[-1:]
    elif "all" not in selection.releases:
        releases = [item for item in releases if item in selection.releases]
    return [
        Cell(his=his.id, dvza=dvza.id, pgo=pgo.id, standard=standard, release=release)
        for standard in shared
        if not selection.standards or standard in selection.standards
        for release in oldest_first(releases)
    ]


def _standards(participants: Sequence[Participant]) -> list[str]:
    return sorted({standard for item in participants for standard in item.standards})


def check_named(option: str, wanted: Iterable[str], known: Sequence[str]) -> None:
    """Check that names given with an option occur in the network.

    :raises UsageError: the first that does not, with the nearest that does.
    """
    for value in wanted:
        if value not in known:
            hint = nearest(value, known)
            raise UsageError(
                Text(
                    nl=f"'{value}' komt niet voor in het netwerkbestand",
                    en=f"'{value}' does not occur in the network file",
                ),
                where=f"--{option}",
                expected=", ".join(dict.fromkeys(known)),
                received=value,
                next_step=Text(nl=f"bedoelde u '{hint}'?", en=f"did you mean '{hint}'?") if hint else "",
            )
