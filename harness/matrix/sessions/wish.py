"""What somebody asks a session for, checked against the network that is served."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

import msgspec

from harness.core.errors import UserError, nearest
from harness.core.run.findings import Cell
from harness.core.run.info import Selection
from harness.core.standards.table import standard, standards
from harness.core.text import Text
from harness.matrix.cells import plan_cells
from harness.medmij.situations.table import Situation, situations
from harness.network.file import Network, Participant
from harness.network.person.declared import known_persons

ALL: Final = "all"


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A session that is asked for.

    :ivar standard: id, or the short name (``hg``); needed when PGO and HIS share more than one.
    :ivar release: default the newest that all share; ``his``: default the first that fits.
    :ivar person: default the one of the standard.
    :ivar situations: ids, or ``all``.
    :ivar idle: minutes without anything after which it closes by itself; ``longest``: minutes in all.
    """

    pgo: str
    standard: str = ""
    release: str = ""
    his: str = ""
    person: str = ""
    situations: tuple[str, ...] = (ALL,)
    idle: Annotated[float, msgspec.Meta(gt=0, le=120)] = 30.0
    longest: Annotated[float, msgspec.Meta(gt=0, le=480)] = 480.0


class RefusalError(UserError):
    """A session cannot be had, or not any more.

    :ivar status: what kind of refusal, as an HTTP status; ``where`` names the field.
    """

    def __init__(
        self,
        status: int,
        message: Text,
        *,
        where: str = "",
        expected: str = "",
        received: str = "",
        next_step: Text | str = "",
    ) -> None:
        super().__init__(message, where=where, expected=expected, received=received, next_step=next_step)
        self.status = status


@dataclass(frozen=True)
class Settled:
    """A wish that can be had.

    :ivar left_out: situations that were asked for and cannot be played, with the reason.
    """

    wish: Wish
    cell: Cell
    person: str
    situations: tuple[Situation, ...]
    left_out: dict[str, Text]


def settle(wish: Wish, network: Network, t: date) -> Settled:
    """Check a wish.

    :raises RefusalError: 422, with the field and the nearest known word.
    """
    pgo = _participant("pgo", wish.pgo, network.of_role("pgo"))
    if wish.his:
        _participant("his", wish.his, network.of_role("his"))
    name = _standard(wish.standard, pgo)
    cells = plan_cells(network, Selection(releases=(wish.release,) if wish.release else ()))
    dvzas = {item.id for item in network.of_role("dvza") if item.kind == "twin"}
    mine = [item for item in cells if item.pgo == pgo.id and item.dvza in dvzas]
    fits = [item for item in mine if item.standard == name and wish.his in ("", item.his)]
    if not fits:
        raise _unknown(
            "release" if wish.release and any(item.standard == name for item in mine) else "standard",
            wish.release or name,
            sorted({item.release if wish.release else item.standard for item in mine}),
            Text(
                nl="geen nagebootst HIS van dit netwerk heeft dit met dit PGO gemeen",
                en="no simulated HIS of this network shares this with this PGO",
            ),
        )
    cell = fits[0]
    wanted, left_out = _situations(wish, cell, network)
    return Settled(wish, cell, _person(wish, cell, network, t), wanted, left_out)


def _participant(field: str, identifier: str, known: tuple[Participant, ...]) -> Participant:
    for item in known:
        if item.id == identifier:
            return item
    raise _unknown(field, identifier, [item.id for item in known])


def _standard(wanted: str, pgo: Participant) -> str:
    names = {standard(item).short: item for item in pgo.standards} | {item: item for item in pgo.standards}
    if not wanted and len(pgo.standards) == 1:
        return pgo.standards[0]
    if wanted not in names:
        message = None
        if wanted in standards():
            message = Text(
                nl="dit PGO geeft deze standaard niet op", en="this PGO does not declare this standard"
            )
        raise _unknown("standard", wanted, list(pgo.standards), message)
    return names[wanted]


def _person(wish: Wish, cell: Cell, network: Network, t: date) -> str:
    held = network.participant(cell.his).persons
    known = [item.id for item in known_persons(network, t) if not held or item.id in held]
    person = wish.person or network.person_of(cell)
    if person not in known:
        raise _unknown("person", person, known)
    return person


def _situations(wish: Wish, cell: Cell, network: Network) -> tuple[tuple[Situation, ...], dict[str, Text]]:
    known = situations()
    for name in wish.situations:
        if name != ALL and name not in known:
            raise _unknown("situations", name, [ALL, *known])
    if not wish.situations:
        raise _unknown("situations", "", [ALL, *known])
    asked = [item for name, item in known.items() if name in wish.situations or ALL in wish.situations]
    left_out = {}
    for item in asked:
        if cell.release not in item.releases:
            left_out[item.id] = Text(
                nl=f"bestaat niet in {cell.release}", en=f"does not exist in {cell.release}"
            )
        elif item.play == "narrow-scope" and len(_shared(cell, network)) < 2:
            left_out[item.id] = Text(
                nl="PGO en HIS delen maar één gegevensdienst om te verzamelen",
                en="PGO and HIS share only one service to collect from",
            )
    wanted = tuple(item for item in asked if item.id not in left_out)
    if not wanted:
        raise _unknown("situations", ", ".join(wish.situations), [i for i in known if i not in left_out])
    return wanted, left_out


def _shared(cell: Cell, network: Network) -> list[str]:
    parts = [network.participant(name).standards for name in (cell.his, cell.dvza, cell.pgo)]
    return [name for name in parts[0] if all(name in other for other in parts[1:])]


def _unknown(field: str, value: str, known: list[str], message: Text | None = None) -> RefusalError:
    hint = nearest(value, known)
    return RefusalError(
        422,
        message or Text(nl=f"onbekend of afwezig: {field}", en=f"unknown or absent: {field}"),
        where=field,
        expected=", ".join(known),
        received=value,
        next_step=Text(nl=f"bedoelde u '{hint}'?", en=f"did you mean '{hint}'?") if hint else "",
    )
