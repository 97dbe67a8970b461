"""Rewrites of a message that says the same: what HTTP, JSON, XML and the searchset leave to a server."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from truth_cells import MODEL, shuffled

from harness.fhir.codec.documents import to_json, to_xml

Json = dict[str, Any]


@dataclass
class Message:
    """An answer before it is written.

    :ivar data: the written body, when it is no longer the plain one.
    """

    kind: str
    body: Json
    headers: dict[str, str]
    data: bytes = b""


def media_type(message: Message, rng: random.Random) -> None:
    """Parameters of the media type, in any order and case."""
    plain = f"application/fhir+{message.kind}"
    message.headers["Content-Type"] = rng.choice(
        (plain, f"{plain};charset=UTF-8;fhirVersion=3.0", f'{plain}; fhirVersion="3.0"', plain.upper())
    )


def header_names(message: Message, rng: random.Random) -> None:
    message.headers = {name.lower(): value for name, value in message.headers.items()}


def more_headers(message: Message, rng: random.Random) -> None:
    message.headers |= {
        "Cache-Control": "no-store",
        "X-Request-Id": "7f1c",
        "Last-Modified": "Fri, 27 Nov 2026 10:00:00 GMT",
    }


def no_total(message: Message, rng: random.Random) -> None:
    message.body.pop("total", None)


def described(message: Message, rng: random.Random) -> None:
    """An id and a time of the Bundle."""
    message.body |= {
        "id": f"{rng.getrandbits(48):x}",
        "meta": {"lastUpdated": "2026-11-27T11:00:00.123+01:00"},
    }


def self_link(message: Message, rng: random.Random) -> None:
    """Another address of the server, with more parameters in another order."""
    message.body = deepcopy(message.body)
    for link in message.body.get("link", ()):
        before, _, query = link["url"].partition("?")
        link["url"] = before + "?" + "&".join(shuffled([*filter(None, query.split("&")), "_count=500"], rng))


def outcome(message: Message, rng: random.Random) -> None:
    """A word of the server that is no complaint."""
    note = {
        "fullUrl": "urn:uuid:0b1f3c52-7f7e-4a63-9d0c-0a5f2f1f7c11",
        "resource": {
            "resourceType": "OperationOutcome",
            "issue": [{"severity": "information", "code": "informational", "diagnostics": "klaar"}],
        },
        "search": {"mode": "outcome"},
    }
    message.body = {**message.body, "entry": [*message.body.get("entry", ()), note]}


def layout(message: Message, rng: random.Random) -> None:
    """Blanks between elements, a byte order mark or a declaration, escapes instead of letters."""
    if message.kind == "xml":
        data = to_xml(message.body, MODEL)
        data = re.sub(rb"><", b">\n <", data) if b"<div" not in data else data
        message.data = data.replace("ë".encode(), b"&#235;")
    else:
        text = to_json(message.body).decode()
        message.data = "".join(
            f"\\u{ord(char):04x}" if 127 < ord(char) < 65536 else char for char in text
        ).encode()


MESSAGES: dict[str, Callable[[Message, random.Random], None]] = {
    "media-type": media_type,
    "header-names": header_names,
    "more-headers": more_headers,
    "no-total": no_total,
    "described": described,
    "self-link": self_link,
    "outcome": outcome,
    "layout": layout,
}
"""In an order in which they can be applied one after the other; the layout is the last."""
