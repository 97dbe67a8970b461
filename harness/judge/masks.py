"""What the recorder made unreadable, and what that allows a judge to say.

A mask stands where a value was that nobody may keep. A judge may see that something is there; what it says is
the recorder's, never the product's. So the facts go first: whose record are the answers
(:class:`Ownership`), and where are the masks (:class:`Masks`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from harness.core.run.exchanges import NONE, TOO_LARGE, UNHELD, UNREADABLE, Belongs, Exchange, Fact
from harness.core.text import Text

MAIN_FLOWS: Final = ("collect", "share", "again")
_STEP: Final = re.compile(r"([^.\[\]]*)(?:\[(\d+)\])?")
_ROOT: Final = re.compile(r"(?!Authorization)(?:[A-Z][A-Za-z]+(?:[.\[]|\Z)|body\Z|\Z)")
"""The beginning of a place in a document: a type of resource, ``body``, or the document as a whole."""
_KEYS: Final[Mapping[str, str]] = {"birthDate": "birth_date", "name.family": "family", "identifier": "bsn"}
"""What the network file calls an element of a declared person."""


Step = tuple[str, int | None]
"""A step of a path: element and index; ``None`` is any of several."""


class Masks:
    """The masks in one message of an exchange.

    :param facts: those of the exchange.
    :param readable: whether a judge can read the body. Masks in one that nobody can read are no reason for
        what is said of it: that it cannot be read.
    """

    def __init__(
        self, facts: Iterable[Fact], side: Literal["request", "response"], *, readable: bool = True
    ) -> None:
        body = f"{side}.body"
        self._masks: list[tuple[list[Step], Fact]] = []
        for fact in facts:
            place, _, path = fact.place.partition(":")
            if path in (UNREADABLE, TOO_LARGE):
                if not readable:
                    continue
                path = ""
            stays = fact.kind == "text" or fact.equals == UNHELD or (fact.kind == "bsn" and not fact.equals)
            if place == body and not stays:
                self._masks.append(([(name, index or 0) for name, index in _steps(path)], fact))

    def __bool__(self) -> bool:
        return bool(self._masks)

    def hides(self, path: str) -> bool:
        """Whether the value at a path, or any below it, is masked; a step without index is any of several."""
        steps = _steps(path)
        return any(not mask or _begins(mask, steps) for mask, _ in self._masks)

    def hides_text(self, path: str) -> bool:
        """Whether a text at or below a place may be masked; a masked number hides no text."""
        steps = _steps(path)
        texts = (mask for mask, fact in self._masks if fact.kind != "bsn")
        return any(not mask or _begins(mask, steps) or _begins(steps, mask) for mask in texts)

    def touches(self, path: str) -> bool:
        """Whether what is said of a place in the message depends on a mask: at it, below it or above it.

        A place outside the document (``status``, a header) depends on none.
        """
        if not self._masks or not _ROOT.match(path):
            return False
        steps = _steps(path)
        return (
            path in ("", "body") or self.hides(path) or any(_begins(steps, mask) for mask, _ in self._masks)
        )

    def differs(self, path: str) -> Fact | None:
        """The mask of a value that was compared with what is declared, and is another."""
        steps = _steps(path)
        return next(
            (fact for mask, fact in self._masks if fact.equals == NONE and _begins(mask, steps)), None
        )


def _steps(path: str) -> list[Step]:
    """The steps of a path; what extends a primitive (``_birthDate``) stands below the primitive."""
    found = _STEP.findall(path)
    return [(name.removeprefix("_"), int(index) if index else None) for name, index in found if name]


def _begins(path: list[Step], start: list[Step]) -> bool:
    """Whether a path lies at or below another; a choice may be named by its stem (``effective``)."""
    if len(start) > len(path):
        return False
    for (name, index), (other, wanted) in zip(path, start, strict=False):
        if index is not None and wanted is not None and index != wanted:
            return False
        if name != other and not _stem(name, other) and not _stem(other, name):
            return False
    return True


def _stem(name: str, stem: str) -> bool:
    return name.startswith(stem) and name[len(stem)].isupper()


def proven_numbers(facts: Iterable[Fact], place: str | tuple[str, ...]) -> list[str]:
    """Places of values that certainly are BSNs; a number that is only possible proves nothing.

    :param place: how the place begins, e.g. ``request`` or ``response.header`` (one of several).
    """
    return [fact.place for fact in proven(facts, place)]


def proven(facts: Iterable[Fact], place: str | tuple[str, ...]) -> list[Fact]:
    """Facts of :func:`proven_numbers`."""
    return [
        fact
        for fact in facts
        if fact.kind == "bsn" and fact.standing != "possible" and fact.place.startswith(place)
    ]


@dataclass(frozen=True)
class Ownership:
    """Whose record the answers of a cell are.

    :ivar differs: elements in which the person of the answers differs from the declared one.
    :ivar leak: whether somebody's BSN was seen, so that more is wrong than what the network file says.
    """

    belongs: Belongs
    differs: tuple[str, ...] = ()
    leak: bool = False

    @property
    def misdeclared(self) -> bool:
        """Whether declared person and data do not fit, and nothing says that the product is at fault."""
        return self.belongs == "other" and not self.leak

    @cached_property
    def seen(self) -> Text:
        """The difference in short: only names of elements."""
        return DIFFERENT.format(what=", ".join(self.differs) or PERSON)

    def advice(self, person: str, network: str) -> Text:
        """Which line of which file to change."""
        keys = ", ".join(_KEYS[name] for name in self.differs if name in _KEYS) or "id"
        return Text(
            nl=f"De testpersoon '{person}' en de gegevens in het HIS verschillen: verbeter {keys} bij "
            f"persons in {network or 'het netwerkbestand'}, of toon in het HIS de persoon die daar staat.",
            en=f"Test person '{person}' and the data in the HIS differ: correct {keys} under persons in "
            f"{network or 'the network file'}, or show in the HIS the test person who is declared there.",
        )


def ownership(exchanges: Iterable[Exchange]) -> Ownership:
    """Whose record the answers of the main flows are, taken together."""
    own = mixed = leak = False
    others: set[str] = set()
    differs: dict[str, None] = {}
    for exchange in exchanges:
        if exchange.flow not in MAIN_FLOWS:
            continue
        for identity in exchange.identities:
            if identity.side != "response" or identity.belongs == "unknown":
                continue
            own = own or identity.belongs == "declared"
            mixed = mixed or identity.belongs == "mixed"
            if identity.belongs == "other":
                others.add(identity.person or identity.who)
                differs |= dict.fromkeys(identity.differs)
        leak = leak or any(
            fact.standing == "proven" and fact.place.startswith("response.body") for fact in exchange.facts
        )
    belongs: Belongs = "unknown"
    if mixed or len(others) > 1 or (own and others):
        belongs = "mixed"
    elif others:
        belongs = "other"
    elif own:
        belongs = "declared"
    return Ownership(belongs, tuple(differs), leak)


DIFFERENT: Final = Text(
    nl="opgegeven persoon en gegevens verschillen: {what}", en="declared person and data differ: {what}"
)
PERSON: Final = Text(nl="persoon", en="person")
MASKED: Final = Text(
    nl="de waarde is bij het opnemen afgeschermd en kan niet worden beoordeeld",
    en="the value was masked while recording and cannot be judged",
)
UNDECLARED: Final = Text(
    nl="de antwoorden zijn afgeschermd omdat de persoon van deze sessie niet is gedeclareerd: zet de "
    "testpersoon bij persons in het netwerkbestand",
    en="the answers were masked because the person of this session is not declared: add the test person "
    "under persons in the network file",
)
