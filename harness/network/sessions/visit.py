"""One visit: everything that comes from one authorization request, up to data and refreshed tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from harness.medmij.situations.table import Situation


@dataclass
class Visit:
    """One visit of a session.

    :ivar name: ``<session>.<number>``; grants carry it.
    :ivar flow: label of its exchanges.
    :ivar situation: what is played in it, ``None``: nothing.
    :ivar played: switches for the DVZA.
    :ivar came: when it came to the point where a wrong PGO goes on.
    :ivar watched: whether that was looked at for long enough.
    :ivar data: whether data were asked for; ``refreshes`` how often a token was refreshed.
    """

    name: str
    flow: str
    situation: Situation | None
    redirect_uri: str
    played: frozenset[str] = frozenset()
    came: datetime | None = None
    watched: bool = False
    data: bool = False
    refreshes: int = 0
    spent: set[str] = field(default_factory=set)

    def still(self, play: str) -> bool:
        """Whether something is yet to be played in this visit."""
        return play in self.played and play not in self.spent

    def once(self, play: str) -> bool:
        """Whether something is played in this visit and was not yet; it has been from now on."""
        if not self.still(play):
            return False
        self.spent.add(play)
        return True
