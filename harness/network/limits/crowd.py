"""Who makes room when too many come: whoever holds most, so that nobody can keep others out."""

from __future__ import annotations

import ipaddress
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterable


def peer_of(name: object) -> str:
    """Who a peer is, by the name of its socket: an address, or of IPv6 the network that one customer has."""
    address = str(name[0]) if isinstance(name, tuple) and name else ""
    if ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address


def holds_most(peers: Iterable[str]) -> str:
    """The peer of which there is most."""
    counted = Counter(peers)
    return max(counted, key=counted.__getitem__, default="")


class Crowd:
    """What is held at once, the longest unused first.

    :param most: how many; of more, one of whoever holds most has to leave.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[Hashable, tuple[str, Callable[[], None]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def join(self, one: Hashable, peer: str, leave: Callable[[], None]) -> None:
        """One more is held.

        :param leave: ends it.
        """
        self._held[one] = peer, leave
        if len(self._held) <= self._most:
            return
        largest = holds_most(peer for peer, _ in self._held.values())
        leaving = next(item for item, (peer, _) in self._held.items() if peer == largest)
        self._held.pop(leaving)[1]()

    def used(self, one: Hashable) -> None:
        """Something was said over it."""
        if one in self._held:
            self._held.move_to_end(one)

    def left(self, one: Hashable) -> None:
        """It is not held any more."""
        self._held.pop(one, None)
