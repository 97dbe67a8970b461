"""No exchange is lost for its form: what JSON cannot say is rewritten before it is redacted and recorded.

Foreign systems send half characters (lone surrogates), and drivers note what they parsed: values that are no
numbers, names that are no text, structures without end.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from harness.core.run.exchanges import UNREDACTED, Exchange, Headers, Request, Response
from harness.record.chain.lines import MAX_BODY, MAX_DEPTH
from harness.record.raw import RawExchange

MAX_FACTS: Final = 5_000
"""Facts that are kept of an exchange whose line would be too long."""
_DEEPER: Final = "…"
_LARGEST: Final = 2**63 - 1


def clean(raw: RawExchange) -> RawExchange:
    """The exchange in a form that can be written and reads back equal; the same object when it has it."""
    changes: dict[str, Any] = {}
    for name in ("url", "method", "error", "interface", "flow", "operation", "client", "server", "cell"):
        value = getattr(raw, name)
        if not _plain(value):
            changes[name] = _text(value)
    for name in ("request_headers", "response_headers"):
        headers: Headers = getattr(raw, name)
        if not all(_plain(key) and _plain(value) for key, value in headers):
            changes[name] = tuple((_text(key), _text(value)) for key, value in headers)
    if not all(_plain(item.value) for item in raw.known):
        changes["known"] = tuple(replace(item, value=_text(item.value)) for item in raw.known)
    if not math.isfinite(raw.duration):
        changes["duration"] = 0.0
    if not _is_json(raw.notes, 0):
        changes["notes"] = _json(raw.notes, 0)
    return replace(raw, **changes) if changes else raw


def shortened(exchange: Exchange) -> Exchange:
    """An exchange that became too large by what the recorder wrote in it; a note says what was left out."""
    request, response = exchange.request, exchange.response
    left_out = {
        "facts": max(0, len(exchange.facts) - MAX_FACTS),
        "notes": len(exchange.notes),
        "request": len(request.body) if len(request.body) > MAX_BODY else 0,
        "response": len(response.body) if response is not None and len(response.body) > MAX_BODY else 0,
    }
    if left_out["request"]:
        request = msgspec.structs.replace(request, body=b"")
    if response is not None and left_out["response"]:
        response = msgspec.structs.replace(response, body=b"")
    return msgspec.structs.replace(
        exchange,
        request=request,
        response=response,
        facts=exchange.facts[:MAX_FACTS],
        notes={"left_out_of_recording": {name: number for name, number in left_out.items() if number}},
    )


def hidden(raw: RawExchange, error: Exception) -> Exchange:
    """An exchange that the redactor could not read: that it was, and nothing of what was said.

    A defect of this harness; what is said of it is no fault of a product (:data:`UNREDACTED`).
    """
    try:
        host = urlsplit(raw.url).hostname or ""
    except ValueError:
        host = ""
    request = Request(method=raw.method, url=f"https://{host}/")
    response = Response(status=raw.status) if raw.status else None
    return raw.written(request, response, id="", notes={UNREDACTED: type(error).__name__})


def _plain(text: str) -> bool:
    """Whether a text can be written as UTF-8."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _text(text: str) -> str:
    """A text with ``?`` for every half character."""
    return text.encode("utf-8", "replace").decode()


def _is_json(value: Any, depth: int) -> bool:
    kind = type(value)
    if kind is str:
        return _plain(value)
    if kind is bool or value is None:
        return True
    if kind is int:
        return bool(-_LARGEST <= value <= _LARGEST)
    if kind is float:
        return math.isfinite(value)
    if depth >= MAX_DEPTH:
        return False
    if isinstance(value, Mapping):
        return all(
            type(name) is str and _plain(name) and _is_json(item, depth + 1) for name, item in value.items()
        )
    return isinstance(value, list | tuple) and all(_is_json(item, depth + 1) for item in value)


def _json(value: Any, depth: int) -> Any:
    """A value in the types that JSON has."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if -_LARGEST <= value <= _LARGEST else str(value)
    if depth >= MAX_DEPTH:
        return _DEEPER
    if isinstance(value, Mapping):
        return {_text(str(name)): _json(item, depth + 1) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json(item, depth + 1) for item in value]
    return _text(str(value))
