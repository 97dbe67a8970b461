"""TLS handshakes up to the server's first answer: ClientHello out, ServerHello or alert in.

Written out by hand (RFC 5246, RFC 8446, RFC 6101) because OpenSSL builds refuse old versions and weak suites.
Nothing secret is exchanged: the connection is closed after the first answer.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from typing import Final

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, x25519

SSL3, TLS10, TLS11, TLS12, TLS13 = 0x0300, 0x0301, 0x0302, 0x0303, 0x0304
_HANDSHAKE, _ALERT = 22, 21
_SERVER_HELLO: Final = 2
_SUPPORTED_VERSIONS: Final = 43
_GROUPS: Final = (0x001D, 0x0017, 0x0018, 0x0019, 0x0100, 0x0101)  # x25519, P-256/384/521, ffdhe2048/3072
_SIGNATURES: Final = (
    0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201,
)  # fmt: skip
MAX_ANSWER: Final = 70_000

ALERTS: Final = {
    0: "close_notify",
    20: "bad_record_mac",
    40: "handshake_failure",
    42: "bad_certificate",
    47: "illegal_parameter",
    50: "decode_error",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    109: "missing_extension",
    112: "unrecognized_name",
    116: "certificate_required",
    120: "no_application_protocol",
}


class HelloAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back: a chosen version and suite, or an alert, or neither (closed, not TLS).

    :ivar version: wire version that the server chose, 0 when there was no ServerHello.
    :ivar suite: IANA number of the chosen suite.
    :ivar alert: name of the alert; ``""`` when there was none.
    """

    version: int = 0
    suite: int = 0
    alert: str = ""


def _vector(data: bytes, size: int) -> bytes:
    return len(data).to_bytes(size, "big") + data


def _extension(kind: int, data: bytes) -> bytes:
    return struct.pack(">H", kind) + _vector(data, 2)


def _shorts(values: Sequence[int]) -> bytes:
    return b"".join(struct.pack(">H", value) for value in values)


def _key_share() -> bytes:
    x = x25519.X25519PrivateKey.generate().public_key()
    raw = x.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    p = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = p.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return _vector(
        struct.pack(">H", 0x001D) + _vector(raw, 2) + struct.pack(">H", 0x0017) + _vector(point, 2), 2
    )


def client_hello(server_name: str, versions: Sequence[int], suites: Sequence[int]) -> bytes:
    """A ClientHello record.

    :param versions: offered protocol versions (wire numbers); the highest goes into the legacy field.
    :param suites: offered cipher suites (IANA numbers), in order of preference.
    """
    highest = min(max(versions), TLS12)
    body = struct.pack(">H", highest) + os.urandom(32)
    body += _vector(os.urandom(32) if TLS13 in versions else b"", 1)
    body += _vector(_shorts([*suites, 0x00FF]), 2) + _vector(b"\x00", 1)
    if highest > SSL3:
        name = server_name.encode("idna")
        extensions = _extension(0, _vector(b"\x00" + _vector(name, 2), 2))
        extensions += _extension(10, _vector(_shorts(_GROUPS), 2))
        extensions += _extension(11, _vector(b"\x00", 1))
        extensions += _extension(16, _vector(_vector(b"http/1.1", 1), 2))
        if max(versions) >= TLS12:
            extensions += _extension(13, _vector(_shorts(_SIGNATURES), 2))
        if TLS13 in versions:
            offered = sorted(versions, reverse=True)
            extensions += _extension(_SUPPORTED_VERSIONS, _vector(_shorts(offered), 1))
            extensions += _extension(51, _key_share()) + _extension(45, _vector(b"\x01", 1))
        body += _vector(extensions, 2)
    handshake = b"\x01" + _vector(body, 3)
    record = TLS10 if highest > SSL3 else SSL3
    return bytes([_HANDSHAKE]) + struct.pack(">H", record) + _vector(handshake, 2)


def need_more(data: bytes) -> bool:
    """Whether more bytes are needed before :func:`read_answer` can decide."""
    if len(data) < 5:
        return len(data) < MAX_ANSWER
    if data[0] not in (_HANDSHAKE, _ALERT):
        return False
    length = int.from_bytes(data[3:5], "big")
    return len(data) < min(5 + length, MAX_ANSWER)


def read_answer(data: bytes) -> HelloAnswer:
    """Read the first record of a server; anything that is no TLS gives an empty answer."""
    if len(data) < 7:
        return HelloAnswer()
    length = int.from_bytes(data[3:5], "big")
    payload = data[5 : 5 + length]
    if data[0] == _ALERT and len(payload) >= 2:
        return HelloAnswer(alert=ALERTS.get(payload[1], f"alert {payload[1]}"))
    if data[0] != _HANDSHAKE or len(payload) < 4 or payload[0] != _SERVER_HELLO:
        return HelloAnswer()
    return _server_hello(payload[4:])


def _server_hello(body: bytes) -> HelloAnswer:
    if len(body) < 38:
        return HelloAnswer()
    version = int.from_bytes(body[:2], "big")
    position = 35 + body[34]
    if len(body) < position + 3:
        return HelloAnswer()
    suite = int.from_bytes(body[position : position + 2], "big")
    position += 3
    end = position + 2 + int.from_bytes(body[position : position + 2], "big")
    position += 2
    while position + 4 <= min(end, len(body)):
        kind, size = struct.unpack(">HH", body[position : position + 4])
        if kind == _SUPPORTED_VERSIONS and size == 2:
            version = int.from_bytes(body[position + 4 : position + 6], "big")
        position += 4 + size
    return HelloAnswer(version=version, suite=suite)
