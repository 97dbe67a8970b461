"""HAR 1.2 files: crash-safe append, strict reading back.

Each entry stands on one line, so a file that was torn by a crash loses at most its last entry. Extras have a
leading underscore, as HAR allows: ``_id``, ``_cell``, ``_interface``, ``_flow``, ``_operation``,
``_client``, ``_server``, ``_tls``, ``_facts``, ``_identities``, ``_notes``, ``_error``, ``_duration``.
"""

from __future__ import annotations

import base64
import binascii
import http
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import parse_qsl

import msgspec

from harness import __version__
from harness.core.errors import InputError
from harness.core.run.exchanges import Exchange, Fact, Headers, Identity, Request, Response, Tls, header
from harness.core.run.folder import RunFolder
from harness.core.text import Text

_HEAD: Final = (
    b'{"log":{"version":"1.2","creator":{"name":"medmij-harness","version":"'
    + __version__.encode()
    + b'"},"pages":[],"entries":[\n'
)
_TAIL: Final = b"\n]}}\n"
MAX_BYTES: Final = 512 * 1024 * 1024


def to_entry(exchange: Exchange) -> dict[str, Any]:
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
            "entries": [to_entry(exchange) for exchange in exchanges],
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


def from_entry(entry: dict[str, Any]) -> Exchange:
    """The exchange of a HAR entry that this module wrote.

    :raises KeyError, ValueError, msgspec.ValidationError: not such an entry.
    """
    request, response = entry["request"], entry["response"]
    post = request.get("postData") or {}
    answer = None
    if response["status"]:
        answer = Response(
            status=response["status"],
            headers=_read_headers(response["headers"]),
            body=_read_content(response["content"], "encoding"),
        )
    tls = entry.get("_tls")
    return Exchange(
        id=entry["_id"],
        cell=entry.get("_cell", ""),
        interface=entry["_interface"],
        flow=entry["_flow"],
        operation=entry["_operation"],
        client=entry["_client"],
        server=entry["_server"],
        started=entry["startedDateTime"],
        duration=entry["_duration"],
        request=Request(
            method=request["method"],
            url=request["url"],
            headers=_read_headers(request["headers"]),
            body=_read_content(post, "_encoding"),
        ),
        response=answer,
        error=entry.get("_error", ""),
        tls=msgspec.convert(tls, Tls) if tls is not None else None,
        facts=msgspec.convert(entry.get("_facts", []), tuple[Fact, ...]),
        identities=msgspec.convert(entry.get("_identities", []), tuple[Identity, ...]),
        notes=entry.get("_notes", {}),
    )


def _read_headers(headers: list[dict[str, str]]) -> Headers:
    return tuple((item["name"], item["value"]) for item in headers)


def _read_content(content: dict[str, Any], encoding_key: str) -> bytes:
    text = content.get("text", "")
    if content.get(encoding_key) == "base64":
        return base64.b64decode(text, validate=True)
    return str(text).encode("utf-8")


class HarFile:
    """One HAR file that grows. After every append the file is a complete HAR document.

    Thread-safe. Appending to an existing file drops a torn last entry first.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        entries = _lines(path) if path.exists() and path.stat().st_size else []
        self._file: BinaryIO = path.open("r+b" if path.exists() else "w+b")
        self._count = len(entries)
        if entries:
            self._file.seek(0)
            self._file.truncate()
            self._file.write(_HEAD + b",\n".join(entries) + _TAIL)
        else:
            self._file.truncate(0)
            self._file.write(_HEAD + _TAIL)
        self._file.flush()
        self._end = self._file.tell() - len(_TAIL)

    def append(self, exchange: Exchange) -> None:
        """Add one exchange."""
        line = msgspec.json.encode(to_entry(exchange))
        with self._lock:
            data = (b",\n" if self._count else b"") + line
            self._file.seek(self._end)
            self._file.write(data + _TAIL)
            self._file.flush()
            self._end += len(data)
            self._count += 1

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()


def _lines(path: Path) -> list[bytes]:
    """Complete entry lines of a file, a torn last one left out."""
    lines = path.read_bytes().split(b"\n")[1:]
    entries: list[bytes] = []
    for line in lines:
        candidate = line.removesuffix(b",")
        if not candidate.startswith(b"{"):
            continue
        try:
            msgspec.json.decode(candidate, type=dict)
        except msgspec.DecodeError:
            break
        entries.append(candidate)
    return entries


def read_har(path: Path) -> list[Exchange]:
    """Exchanges of a HAR file in the order in which they were recorded.

    :raises InputError: the file cannot be read or was not written by this harness.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError("file is too large")
        data = path.read_bytes()
        try:
            entries = msgspec.json.decode(data)["log"]["entries"]
        except msgspec.DecodeError:
            entries = [msgspec.json.decode(line) for line in _lines(path)]
            if not data.startswith(_HEAD[:20]):
                raise
        return [from_entry(entry) for entry in entries]
    except (OSError, KeyError, TypeError, ValueError, binascii.Error, msgspec.MsgspecError) as error:
        raise InputError(
            Text(nl="is geen opname van deze harness", en="is not a recording of this harness"),
            where=str(path),
            expected="HAR 1.2 (_id, _cell, _interface, …)",
            received=f"{type(error).__name__}: {error}"[:200],
        ) from None


def read_run(folder: RunFolder) -> dict[str, list[Exchange]]:
    """All exchanges of a run by cell key (``""``: outside any cell), each in time order."""
    found: dict[str, list[Exchange]] = {}
    for path in sorted(folder.exchanges.glob("*.har")):
        for exchange in read_har(path):
            found.setdefault(exchange.cell, []).append(exchange)
    return found
