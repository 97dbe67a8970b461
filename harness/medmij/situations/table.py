"""The situations of sessions with a live PGO (``profiles/afsprakenstelsel/situations.yaml``).

Data only: what they change is done in ``harness.network.sessions``; judges look at the recording under the
label (``flow``) of a situation.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Final, Literal

import msgspec

from harness.core.data import data_path
from harness.core.text import Text
from harness.core.yamlfile import load_yaml
from harness.medmij.releases import release_ids

ORDINARY: Final = "ordinary"
"""The situation in which our side does nothing but what it should."""


class Situation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One situation.

    :ivar flow: label of its exchanges.
    :ivar do: what PGO and person do meanwhile.
    :ivar requirements: what it decides, of the trust framework; ``standards``: and those of the standard.
    :ivar play: what our DVZA does to a visit; ``list``: what is wrong with the provider list; ``server``:
        with the server that this list names as token endpoint.
    :ivar after: when the PGO has met it (see the file).
    :ivar horizon: seconds in which a wrong PGO would have gone on.
    """

    id: str
    flow: str
    title: Text
    do: Text
    requirements: tuple[str, ...]
    after: Literal["visit", "refusal", "lists", "refreshes"]
    play: str = ""
    list: str = ""
    server: str = ""
    horizon: float = 0.0
    standards: bool = False
    releases: tuple[str, ...] = msgspec.field(default_factory=release_ids)

    @property
    def fetched(self) -> bool:
        """Whether the PGO meets it only after it fetched the provider list."""
        return bool(self.list or self.server)


class Situations(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file.

    :ivar out_of_reach: requirements of a PGO that no situation decides, with the reason.
    """

    situations: tuple[Situation, ...]
    out_of_reach: dict[str, Text] = {}


@cache
def table() -> Situations:
    """All situations, in the order in which a session plays them.

    :raises ConfigurationError: the data file is wrong.
    """
    document = load_yaml(data_path("profiles", "afsprakenstelsel", "situations.yaml"), schema="situations")
    return msgspec.convert(document.data, Situations, strict=False)


def situations() -> dict[str, Situation]:
    """The situations by id."""
    return {item.id: item for item in table().situations}


def deciding(requirement: str, release: str, *, of_standard: bool = False) -> tuple[Situation, ...]:
    """The situations that decide a requirement in a release.

    :param of_standard: whether it is one of an information standard, which the ordinary visit decides.
    """
    return tuple(
        item
        for item in table().situations
        if release in item.releases and (requirement in item.requirements or (of_standard and item.standards))
    )


def whole(requirement: str, release: str, played: Collection[str], *, of_standard: bool = False) -> bool:
    """Whether a session that plays these situations looks at all of a requirement."""
    return all(item.id in played for item in deciding(requirement, release, of_standard=of_standard))
