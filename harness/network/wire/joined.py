"""Head and body of an answer in one TLS record and one packet: half the work, and what most servers do."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any


class Joined:
    """A transport that, as a context, writes what it is given when the context ends.

    Everything else is as that of the transport.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._held: list[bytes] | None = None
        self.get_extra_info = transport.get_extra_info
        self.is_closing = transport.is_closing
        self.abort = transport.abort

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def __enter__(self) -> Joined:
        self._held = [] if self._held is None else self._held
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._release()

    def _release(self) -> None:
        held, self._held = self._held, None
        if held:
            self._transport.write(b"".join(held))

    def write(self, data: bytes) -> None:
        """As that of a transport, now or at the end of the context."""
        if self._held is None:
            self._transport.write(data)
        else:
            self._held.append(data)

    def close(self) -> None:
        """As that of a transport; what was held back is written first."""
        self._release()
        self._transport.close()
