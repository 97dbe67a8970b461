"""Reading a ClientHello: which versions and suites a client under test offers."""

from __future__ import annotations

import struct

import msgspec


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What a client offers: wire versions and IANA suite numbers (GREASE and signalling values left out)."""

    versions: tuple[int, ...]
    suites: tuple[int, ...]
    server_name: str = ""


def read_client_hello(data: bytes) -> Offer | None:
    """Read the first record of a client; ``None`` when it is no (complete) ClientHello."""
    if len(data) < 9 or data[0] != 22 or data[5] != 1:
        return None
    body = data[9 : 5 + int.from_bytes(data[3:5], "big")]
    try:
        return _offer(body)
    except (struct.error, IndexError):
        return None


def _offer(body: bytes) -> Offer | None:
    legacy = int.from_bytes(body[:2], "big")
    position = 35 + body[34]
    (size,) = struct.unpack(">H", body[position : position + 2])
    raw = body[position + 2 : position + 2 + size]
    if len(raw) != size or size % 2:
        return None
    suites = tuple(
        code
        for (code,) in struct.iter_unpack(">H", raw)
        if code not in (0x00FF, 0x5600) and code & 0x0F0F != 0x0A0A
    )
    position += 2 + size
    position += 1 + body[position]
    versions, name = (legacy,), ""
    if position + 2 <= len(body):
        for kind, value in _extensions(body[position + 2 :]):
            if kind == 43:
                found = [code for (code,) in struct.iter_unpack(">H", value[1 : 1 + value[0]])]
                versions = tuple(code for code in found if code & 0x0F0F != 0x0A0A)
            elif kind == 0 and len(value) > 5:
                name = value[5:].decode("ascii", "replace")
    return Offer(versions=versions, suites=suites, server_name=name)


def _extensions(data: bytes) -> list[tuple[int, bytes]]:
    found, position = [], 0
    while position + 4 <= len(data):
        kind, size = struct.unpack(">HH", data[position : position + 4])
        found.append((kind, data[position + 4 : position + 4 + size]))
        position += 4 + size
    return found
