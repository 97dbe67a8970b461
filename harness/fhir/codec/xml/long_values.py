"""Keeps long base64 values (documents, images) out of the XML parser, which is slow on such attributes.

A value is cut only when it stands in quotes, whole after ``value="`` or as rest of a ``data:`` URL, and is
pure base64 text, so that nothing in it can mean anything to XML. A short stand-in that occurs nowhere else in
the document takes its place; after reading, every stand-in must be found back exactly once in a value,
otherwise the document is read whole.
"""

from __future__ import annotations

import re
from typing import Any

LONG = 32 * 1024
"""Values of at least about this many bytes are cut."""

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_MARK = b"harness-long-value-"
_MARK_TEXT = _MARK.decode()
_MARKS = re.compile(re.escape(_MARK_TEXT) + r"\d+-")
_URL = b";base64,"
_URL_HEAD = 200
"""In so many bytes a ``data:`` URL has said its media type."""


def cut(data: bytes) -> tuple[bytes, dict[str, str]]:
    """``data`` with stand-ins for long base64 values, and stand-in -> value; ``{}`` when there are none."""
    runs: list[tuple[int, int, bytes]] = []
    at = LONG
    while at < len(data):
        # A run of LONG bytes without quotes covers a whole stretch between two multiples of half LONG.
        if data.find(b'"', at, at + LONG // 2) >= 0:
            at += LONG // 2
            continue
        start = _start(data, data.rfind(b'"', 0, at) + 1)
        end = data.find(b'"', at)
        if end < 0:
            break
        if start:
            run = data[start:end]
            if not run.translate(None, _BASE64):
                runs.append((start, end, run))
        at = end + LONG // 2
    if not runs or _MARK in data:
        return data, {}
    pieces: list[bytes] = []
    values: dict[str, str] = {}
    last = 0
    for number, (start, end, run) in enumerate(runs):
        mark = b"%s%d-" % (_MARK, number)
        pieces += (data[last:start], mark)
        values[mark.decode()] = run.decode("ascii")
        last = end
    pieces.append(data[last:])
    return b"".join(pieces), values


def _start(data: bytes, start: int) -> int:
    """Where the base64 text begins in the quotes that open before ``start``; 0 when there can be none."""
    head = data.find(_URL, start, start + _URL_HEAD)
    if head >= 0:
        return head + len(_URL)
    return start if data[start - 8 : start] == b' value="' else 0


def restore(resource: dict[str, Any], values: dict[str, str]) -> bool:
    """Put the values back in place; false when not every stand-in was found exactly once."""
    found = 0
    todo: list[Any] = [resource]
    while todo:
        item = todo.pop()
        for key, value in item.items() if isinstance(item, dict) else enumerate(item):
            if isinstance(value, dict | list):
                todo.append(value)
            elif isinstance(value, str) and _MARK_TEXT in value:
                marks = _MARKS.findall(value)
                item[key] = (
                    values[value] if value in values else _MARKS.sub(lambda m: values[m.group()], value)
                )
                found += len(marks)
    return found == len(values)
