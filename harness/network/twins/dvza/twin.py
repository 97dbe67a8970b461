"""The DVZA twin: the handlers of its two hosts."""

from __future__ import annotations

from harness.network.twins.dvza import front, resource, token
from harness.network.twins.dvza.state import DvzaState, not_found
from harness.network.wire.serving import Incoming, Outgoing


class DvzaTwin(DvzaState):
    """One DVZA: its state, and what its hosts answer. Parameters as :class:`DvzaState`."""

    async def front(self, request: Incoming) -> Outgoing:
        """The front-channel host: authorization server pages."""
        return front.handle(self, request)

    async def back(self, request: Incoming) -> Outgoing:
        """The back-channel host: token and resource endpoints."""
        rel, rest = self.release_of(request.path)
        if rel is None:
            return not_found()
        if rest == ("token",):
            return token.handle(self, request, rel)
        return await resource.handle(self, request, rel, rest)
