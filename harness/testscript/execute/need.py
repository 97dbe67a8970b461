"""What an execution asks for (a need), and what it gets (what was performed)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.core.run.exchanges import Request, Response
from harness.core.text import Phrase
from harness.core.verdicts import Blame
from harness.testscript.read.model import Operation

Actor = Literal["server", "own", "client"]
"""Who acts: the harness on the server under test or on its own server, or the client under test."""


@dataclass(frozen=True)
class Need:
    """An operation that must now happen.

    :ivar request: what the harness sends; for ``client``: what the client is expected to send.
    """

    operation: Operation
    actor: Actor
    request: Request


@dataclass(frozen=True)
class Performed:
    """What happened to an operation.

    :ivar error: why there is no response: ``kind: detail``.
    :ivar blame: whose side the lack of a response is on.
    :ivar duration: seconds.
    """

    request: Request
    response: Response | None = None
    error: Phrase = ""
    blame: Blame = Blame.PRODUCT
    duration: float = 0.0
