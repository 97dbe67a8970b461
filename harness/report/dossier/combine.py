"""Several runs of one supplier as one: what was asked and found in all of them together.

Counts add up, so a fail in one run is not undone by a pass in another; who wants to leave a run out leaves it
out, which the limits of a seal say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TypeVar

import msgspec

from harness.core.errors import ConfigurationError, UsageError, nearest
from harness.core.run.agreed.waivers import Waiver
from harness.core.run.info import (
    VOUCHED,
    FrozenRecord,
    ParticipantVersion,
    RunInfo,
    Selection,
    Settings,
    Share,
)
from harness.core.text import Text

Value = TypeVar("Value")


def combined(infos: Sequence[RunInfo], subject: Sequence[str], waivers: Iterable[Waiver] = ()) -> RunInfo:
    """One description of several runs.

    :param subject: ids of the parties that the dossier is about.
    :param waivers: what may stay for now, beside what the runs froze.
    :raises ConfigurationError: the same party has two versions, or the runs were judged with two catalogues:
        what they say cannot be said of one thing.
    """
    first = infos[0]
    participants = _participants(infos)
    for info in infos:
        for name in ("catalogue", "profiles"):
            if info.hashes.get(name) != first.hashes.get(name):
                raise ConfigurationError(
                    Text(
                        nl="de runs zijn met verschillende catalogi beoordeeld",
                        en="the runs were judged with different catalogues",
                    ),
                    where=info.id,
                    expected=first.hashes.get(name, "-"),
                    received=info.hashes.get(name, "-"),
                )
    plan = tuple(dict.fromkeys(chain.from_iterable(info.plan for info in infos)))
    planned = frozenset(plan)
    left_out = dict.fromkeys(chain.from_iterable(info.left_out for info in infos))
    agreed = {item.fingerprint: item for info in infos for item in info.waivers}
    agreed |= {item.fingerprint: item for item in waivers}
    ends = [info.ended for info in infos if info.ended is not None]
    return msgspec.structs.replace(
        first,
        id="+".join(info.id for info in infos),
        now=min(info.now for info in infos),
        participants=tuple(participants.values()),
        plan=plan,
        left_out=tuple(cell for cell in left_out if cell not in planned),
        selection=Selection(),
        settings=_settings(infos),
        subject=tuple(subject),
        binding=first.binding if len({_nonce(info) for info in infos}) == 1 else None,
        verdict_required=True,
        waivers=tuple(agreed.values()),
        troubles=tuple(chain.from_iterable(info.troubles for info in infos)),
        unjudged=tuple(dict.fromkeys(chain.from_iterable(info.unjudged for info in infos))),
        ended=max(ends, key=lambda item: item.at) if len(ends) == len(infos) else None,
    )


def _nonce(info: RunInfo) -> str:
    """Of the challenge that a run names, ``""``: it names none."""
    bound = info.binding.challenge if info.binding is not None else None
    return bound.nonce if bound is not None else ""


def subject_of(infos: Sequence[RunInfo], vendor: str) -> tuple[str, tuple[str, ...]]:
    """Whose a dossier is: the vendor's name, and ids of its live HIS and the live DVZA that it was run with.

    :raises UsageError: there is no live HIS or DVZA, several, or none of that name.
    """
    parties: dict[str, ParticipantVersion] = {i.id: i for info in infos for i in info.participants}
    cells = [cell for info in infos for cell in info.plan]
    run = {name for cell in cells for name in (cell.his, cell.dvza)}
    live = {name: item for name, item in parties.items() if item.kind == "live" and name in run}
    first = [item for item in live.values() if item.role == "his"] or list(live.values())
    names = sorted({name for item in first for name in (item.id, item.vendor) if name})
    chosen = [item for item in first if vendor in ("", item.id, item.vendor)]
    if not chosen or len({item.vendor or item.id for item in chosen}) > 1:
        hint = nearest(vendor, names) if vendor else ""
        raise UsageError(
            Text(
                nl="een dossier gaat over één leverancier met een echt HIS of een echte DVZA",
                en="a dossier is about one supplier with a live HIS or a live DVZA",
            ),
            where="--vendor",
            expected=", ".join(names) or "kind: live",
            received=vendor,
            next_step=Text(nl=f"bedoelde u {hint}?", en=f"did you mean {hint}?") if hint else "",
        )
    mine = {item.id for item in chosen}
    beside = {cell.dvza for cell in cells if cell.his in mine and cell.dvza in live}
    subject = tuple(sorted(mine, key=str)) + tuple(sorted(beside - mine))
    return chosen[0].vendor or chosen[0].id, subject


def _participants(infos: Sequence[RunInfo]) -> dict[str, ParticipantVersion]:
    """Everybody who took part, by id."""
    found: dict[str, ParticipantVersion] = {}
    for info in infos:
        for item in info.participants:
            known = found.setdefault(item.id, item)
            if known != item:
                raise ConfigurationError(
                    Text(
                        nl="deze partij is in de runs niet dezelfde",
                        en="this party is not the same in the runs",
                    ),
                    where=item.id,
                    expected=_shown(known),
                    received=_shown(item),
                    next_step=Text(
                        nl="maak per versie een dossier: een andere versie is een ander product",
                        en="make a dossier per version: another version is another product",
                    ),
                )
    return found


def _shown(item: ParticipantVersion) -> str:
    return f"{item.role} {item.kind} {item.vendor} {item.name}: {', '.join(item.standards)}"


def _settings(infos: Sequence[RunInfo]) -> Settings:
    """What the runs asked, cell by cell, and the weakest of what they asked it with."""
    order = ("smoke", "normal", "full")
    settings = [info.settings for info in infos]
    asked: dict[str, dict[str, None]] = {}
    shared: dict[str, dict[Share, None]] = {}
    for item in settings:
        for key, names in item.requirements.items():
            asked.setdefault(key, {}).update(dict.fromkeys(names))
        for key, shares in item.shared.items():
            shared.setdefault(key, {}).update(dict.fromkeys(shares))
    return msgspec.structs.replace(
        settings[0],
        intensity=min((item.intensity for item in settings), key=order.index),
        sharing=any(item.sharing for item in settings),
        requirements={key: tuple(names) for key, names in asked.items()},
        shared={key: tuple(found) for key, found in shared.items()},
        persons=_joined(item.persons for item in settings),
        titles=_joined(item.titles for item in settings),
        logins=_joined(item.logins for item in settings),
        faults=_joined(item.faults for item in settings),
        capabilities=_joined(item.capabilities for item in settings),
        records=_records(settings),
        situations=tuple(dict.fromkeys(chain.from_iterable(item.situations for item in settings))),
    )


def _joined(parts: Iterable[Mapping[str, Value]]) -> dict[str, Value]:
    return {key: value for part in parts for key, value in part.items()}


def _records(settings: Sequence[Settings]) -> dict[str, FrozenRecord]:
    """The records by person; of two origins the one on which no verdict may stand."""
    found: dict[str, FrozenRecord] = {}
    for item in settings:
        for person, record in item.records.items():
            known = found.get(person)
            if known is None or known.origin in VOUCHED:
                found[person] = record
    return found
