"""What the DVZA twin keeps: authorization requests under way, grants, and consents without end date."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from harness.medmij.releases import Function, Release
from harness.network.file import Participant

MOST: Final = 20_000
"""Entries of one kind that a DVZA twin keeps."""
_Kept = TypeVar("_Kept")


class Kept(dict[str, _Kept]):
    """What was kept last: the oldest entries go when there are more than :data:`MOST`.

    Who serves for days then forgets grants as if they had never been.
    """

    def __setitem__(self, key: str, value: _Kept) -> None:
        super().__setitem__(key, value)
        while len(self) > MOST:
            del self[next(iter(self))]


@dataclass
class Session:
    """One authorization request on its way to a code.

    :ivar visit: the visit of a session that it is, ``""``: none; ``played`` what our side plays in it.
    """

    id: str
    browser: str
    release: Release
    his: Participant
    function: Function
    client_id: str
    organisation: str
    redirect_uri: str
    state: str
    scope: str
    services: tuple[str, ...]
    correlation: str
    created: datetime
    step: str = "landing"
    person: str = ""
    answered: bool = False
    visit: str = ""
    played: frozenset[str] = frozenset()


@dataclass
class Grant:
    """What a code, refresh token or access token stands for.

    :ivar family: all that came from one consent share this.
    :ivar visit: the visit of a session that it came from; ``played`` what our side plays in it.
    """

    family: str
    release: str
    client_id: str
    redirect_uri: str
    his: str
    function: Function
    scope: str
    services: tuple[str, ...]
    person: str
    issued: datetime
    long_term: bool = False
    used: bool = False
    revoked: bool = False
    visit: str = ""
    played: frozenset[str] = frozenset()


@dataclass
class Consent:
    """A consent without end date."""

    id: str
    family: str
    person: str
    client_id: str
    organisation: str
    services: tuple[str, ...]


def hashed(value: str) -> str:
    """Key under which a secret is kept."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
