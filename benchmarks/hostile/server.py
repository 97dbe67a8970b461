"""A hostile server as a process of its own: right until the step that is attacked, then a mode of ``modes``.

python server.py MODE PLACE PEM        prints its port; PEM holds certificate and key
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from meaning_well import right
from modes import MODES, Request, head, packed


def read(sock: socket.socket, held: bytearray) -> Request | None:
    """The next request of a connection."""
    while b"\r\n\r\n" not in held:
        data = sock.recv(65536)
        if not data:
            return None
        held += data
    top, _, rest = bytes(held).partition(b"\r\n\r\n")
    lines = top.decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    length = int(headers.get("content-length", 0))
    while len(rest) < length:
        data = sock.recv(65536)
        if not data:
            return None
        rest += data
    held[:] = rest[length:]
    return Request(method, target, headers, rest[:length])


def attacked(place: str, request: Request) -> bool:
    """Whether this request is at the place that is attacked."""
    steps = {"authorize": "/authorize", "token": "/token"}
    return request.path.startswith(steps.get(place, "/fhir"))


def talk(sock: socket.socket, name: str, place: str) -> None:
    """One connection."""
    held = bytearray()
    attack = MODES[name].attack
    while (request := read(sock, held)) is not None:
        if attack is not None and attacked(place, request):
            attack(sock, request)
            if name.startswith(("closes", "reset", "half", "no-http", "endless")):
                return
        else:
            sock.sendall(right(request))


def secure(plain_socket: socket.socket, context: ssl.SSLContext, how: str) -> socket.socket | None:
    """The handshake, as hostile as it is asked."""
    if how == "hangs":
        time.sleep(3600)
    if how == "byte-a-second":
        for byte in b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc" + b"\x03" * 3600:
            plain_socket.sendall(bytes([byte]))
            time.sleep(1)
    if how == "alert":
        plain_socket.recv(4096)
        plain_socket.sendall(b"\x15\x03\x03\x00\x02\x02\x50")
        return None
    if how == "closes":
        return None
    if how == "no-tls":
        plain_socket.sendall(head("400 Bad Request", "Content-Length: 0"))
        return None
    return context.wrap_socket(plain_socket, server_side=True)


def serve(connection: socket.socket, context: ssl.SSLContext, name: str, place: str) -> None:
    """One connection, whatever comes of it."""
    with contextlib.suppress(OSError, ValueError), connection:
        found = secure(connection, context, MODES[name].tls)
        if found is not None:
            with found:
                talk(found, name, place)


def main() -> None:
    """Listen until it is killed."""
    name, place, pem = sys.argv[1:4]
    packed(name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    context.set_ciphers("ECDHE+AESGCM")
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, context, name, place), daemon=True).start()


if __name__ == "__main__":
    main()
