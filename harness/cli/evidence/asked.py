"""A spot check as ``harness verify`` does it: what was asked again, and what is said of it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.core.errors import UsageError
from harness.core.run.folder import RunFolder
from harness.core.text import Text
from harness.matrix.spot.asking import Answered, spot_check
from harness.network.file import Network, read_network

_SAME = Text(
    nl="Steekproef: {asked} opgenomen vragen opnieuw gesteld, en alle antwoorden zijn zoals opgenomen.",
    en="Spot check: {asked} recorded queries asked again, and all answers are as recorded.",
)
_OTHER = Text(
    nl="Steekproef: {other} van de {asked} antwoorden zijn anders dan opgenomen. Vraag de leverancier of de "
    "testgegevens of de versie zijn veranderd; anders komt de opname niet van dit systeem.",
    en="Spot check: {other} of {asked} answers are not as recorded. Ask the supplier whether test data or "
    "version have changed; else the recording is not of this system.",
)


@dataclass
class SpotCheck:
    """A spot check that was asked for.

    :ivar number: how many queries; ``answered``: what came of them.
    """

    number: int
    network: Network
    answered: list[Answered] = field(default_factory=list)

    @classmethod
    def asked(cls, number: int | None, network: str | None) -> SpotCheck | None:
        """The spot check of a command line, ``None`` when it asks for none.

        :raises UsageError: one of the two options is missing.
        :raises ConfigurationError: the network file is wrong.
        """
        if number is None and network is None:
            return None
        if number is None or network is None:
            raise UsageError(
                Text(
                    nl="een steekproef vraagt een aantal en een netwerkbestand",
                    en="a spot check asks for a number and a network file",
                ),
                where="--spot-check, --network",
                expected="--spot-check 5 --network FILE",
            )
        return cls(number, read_network(network))

    def ask(self, folders: Sequence[RunFolder]) -> None:
        """Ask, once.

        :raises UsageError: see :func:`harness.matrix.spot.asking.spot_check`.
        """
        self.answered = spot_check(folders, self.network, self.number, random.SystemRandom())

    @property
    def other(self) -> list[Answered]:
        """What is answered otherwise now."""
        return [item for item in self.answered if item.differences]

    @property
    def same(self) -> bool:
        """Whether everything is answered as it was recorded."""
        return not self.other

    def lines(self) -> Iterator[Text]:
        """What is said of it."""
        yield (_OTHER if self.other else _SAME).format(asked=len(self.answered), other=len(self.other))
        for item in self.other:
            place = f"  ✗ {item.query.cell.key} {item.query.exchange.operation}: "
            for told in item.differences:
                yield Text(nl=place + told.nl, en=place + told.en)

    def document(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "asked": len(self.answered),
            "other": [
                {
                    "cell": item.query.cell.key,
                    "operation": item.query.exchange.operation,
                    "exchange": item.query.exchange.id,
                    "differences": item.differences,
                }
                for item in self.other
            ],
        }
