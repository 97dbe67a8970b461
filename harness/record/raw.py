"""What drivers and mocks hand to the recorder: an exchange as it was, secrets included, in memory only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from harness.core.run.exchanges import Exchange, Headers, Request, Response, Tls


@dataclass(frozen=True)
class Known:
    """A secret value that a driver or mock minted or sent.

    :ivar kind: kind of :class:`Fact`.
    :ivar name: what a fact's ``equals`` says when a value equals this one, e.g. ``state-sent``.
    """

    kind: str
    name: str
    value: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class RawExchange:
    """An exchange with its secrets; lives in memory only. Fields as :class:`Exchange`.

    :ivar person: the test person whose session this is; ``None`` when no person is involved yet (lists,
        landing page, metadata), ``""`` when it may be anybody.
    """

    interface: str
    flow: str
    operation: str
    client: str
    server: str
    started: datetime
    duration: float
    method: str
    url: str = field(repr=False)
    request_headers: Headers = field(default=(), repr=False)
    request_body: bytes = field(default=b"", repr=False)
    status: int = 0
    response_headers: Headers = field(default=(), repr=False)
    response_body: bytes = field(default=b"", repr=False)
    error: str = ""
    tls: Tls | None = None
    cell: str = ""
    person: str | None = None
    known: tuple[Known, ...] = field(default=(), repr=False)
    notes: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def written(
        self,
        request: Request,
        response: Response | None,
        tls: Tls | None = None,
        *,
        client: str = "",
        **more: Any,
    ) -> Exchange:
        """The exchange that is written down: labels and times of this one, the rest as it may be said."""
        return Exchange(
            cell=self.cell,
            interface=self.interface,
            flow=self.flow,
            operation=self.operation,
            client=client or self.client,
            server=self.server,
            started=self.started.isoformat(),
            duration=round(self.duration, 6),
            tls=tls,
            request=request,
            response=response,
            **more,
        )
