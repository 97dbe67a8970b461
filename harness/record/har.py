"""HAR 1.2 as an export of recorded exchanges, for the tools that people have; nothing reads it back.

Extras have a leading underscore, as HAR allows: ``_id``, ``_cell``, ``_interface``, ``_flow``,
``_operation``, ``_client``, ``_server``, ``_tls``, ``_facts``, ``_identities``, ``_notes``, ``_error``,
``_duration``.
"""

from __future__ import annotations

import base64
import http
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from harness import __version__
from harness.core.run.exchanges import Exchange, Headers, Response, header


def _entry(exchange: Exchange) -> dict[str, Any]:
    """One exchange as a HAR entry."""
    request, response = exchange.request, exchange.response
    milliseconds = round(exchange.duration * 1000, 3)
    entry: dict[str, Any] = {
        "startedDateTime": exchange.started,
        "time": milliseconds,
        "request": {
            "method": request.method,
            "url": request.url,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _headers(request.headers),
            "queryString": [
                {"name": name, "value": value}
                for name, value in parse_qsl(
                    request.url.partition("?")[2].partition("#")[0],
                    keep_blank_values=True,
                    errors="replace",
                )
            ],
            "headersSize": -1,
            "bodySize": len(request.body),
        },
        "response": _response(response),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "_id": exchange.id,
        "_cell": exchange.cell,
        "_interface": exchange.interface,
        "_flow": exchange.flow,
        "_operation": exchange.operation,
        "_client": exchange.client,
        "_server": exchange.server,
        "_duration": exchange.duration,
    }
    if request.body:
        data: dict[str, Any] = {"mimeType": header(request.headers, "content-type") or "", "params": []}
        data.update(_content(request.body, "_encoding"))
        entry["request"]["postData"] = data
    if exchange.error:
        entry["_error"] = exchange.error
    if exchange.tls is not None:
        entry["_tls"] = msgspec.to_builtins(exchange.tls)
    if exchange.facts:
        entry["_facts"] = msgspec.to_builtins(exchange.facts)
    if exchange.identities:
        entry["_identities"] = msgspec.to_builtins(exchange.identities)
    if exchange.notes:
        entry["_notes"] = exchange.notes
    return entry


def to_har(exchanges: Iterable[Exchange]) -> dict[str, Any]:
    """A HAR 1.2 document of some exchanges, such as those of one unit, in their order."""
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "medmij-harness", "version": __version__},
            "pages": [],
            "entries": [_entry(exchange) for exchange in exchanges],
        }
    }


def _headers(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _content(body: bytes, encoding_key: str) -> dict[str, str]:
    try:
        return {"text": body.decode("utf-8")}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(body).decode("ascii"), encoding_key: "base64"}


def _response(response: Response | None) -> dict[str, Any]:
    if response is None:
        return {
            "status": 0,
            "statusText": "",
            "httpVersion": "",
            "cookies": [],
            "headers": [],
            "content": {"size": 0, "mimeType": "x-unknown"},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": -1,
        }
    content: dict[str, Any] = {
        "size": len(response.body),
        "mimeType": header(response.headers, "content-type") or "x-unknown",
    }
    if response.body:
        content.update(_content(response.body, "encoding"))
    try:
        phrase = http.HTTPStatus(response.status).phrase
    except ValueError:
        phrase = ""
    return {
        "status": response.status,
        "statusText": phrase,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(response.headers),
        "content": content,
        "redirectURL": header(response.headers, "location") or "",
        "headersSize": -1,
        "bodySize": len(response.body),
    }
