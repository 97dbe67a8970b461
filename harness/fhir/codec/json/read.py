"""Reads FHIR JSON: exact decimals, and the defects that a JSON parser swallows (duplicate keys, depth, BOM).

The parsed document *is* the JSON shape that the rest of the room works on; there is no conversion. Which keys
and values are right is the validator's business.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec

from harness.core.issues import Issue
from harness.fhir.codec.defects import defect, undecodable
from harness.fhir.codec.positions import Positions, json_positions
from harness.fhir.model.types import Model

Json = dict[str, Any]

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_BYTE = re.compile(r"\(byte (\d+)\)")
_BEFORE_COLON = b'" \t\n\r'
_MAX_DUPLICATES = 200


def read_json(data: bytes, model: Model, *, max_depth: int) -> tuple[Json, list[Issue], bool]:
    """The resource in ``data``, defects, and whether reading stopped at a fatal one (then it is ``{}``).

    ``data`` must be within the size limit; :func:`harness.fhir.codec.documents.parse` sees to that.
    """
    issues: list[Issue] = []
    body = data
    if data.startswith(b"\xef\xbb\xbf"):
        issues.append(defect("fhir-json-bom", line=1, column=1, severity="warning"))
        body = data[3:]
    try:
        resource = _DECODER.decode(body)  # refuses what is no UTF-8, wherever it stands
    except (RecursionError, msgspec.DecodeError, ValueError, ArithmeticError) as error:
        wrong = undecodable(data)
        if wrong is not None:
            return {}, [wrong], True
        if isinstance(error, RecursionError):
            return {}, [*issues, defect("fhir-depth", expected=f"<= {max_depth}")], True
        return {}, [*issues, _syntax(body, error)], True
    if not isinstance(resource, dict):
        received = type(resource).__name__
        return {}, [*issues, defect("fhir-json-object", line=1, column=1, received=received)], True
    name = resource.get("resourceType")
    if not model.is_resource(name):
        if isinstance(name, str):
            line, column = json_positions(body).locate("resourceType")
            return (
                {},
                [*issues, defect("fhir-resource-type", name=name, line=line, column=column, received=name)],
                True,
            )
        return {}, [*issues, defect("fhir-json-object", line=1, column=1, expected="resourceType")], True
    keys, depth = _measure(resource, max_depth)
    if depth > max_depth:
        return {}, [*issues, defect("fhir-depth", expected=f"<= {max_depth}", received=f">= {depth}")], True
    # Colons after a quote or white space: at least one per key in the source. As many as keys that
    # were kept means that none was lost; more may also be a string with such a colon, so look closer.
    if len([part for part in body.split(b":")[:-1] if part[-1:] in _BEFORE_COLON]) != keys:
        issues += _duplicates(body, str(name))
    return resource, issues, False


def _syntax(body: bytes, error: Exception) -> Issue:
    """A syntax error with its place: the byte that msgspec names, or the end of a truncated document."""
    match = _BYTE.search(str(error))
    offset = int(match.group(1)) if match else len(body) if "truncated" in str(error) else 0
    line, column = Positions(None, xml=False, text=body).line_of(offset) if offset else (1, 1)
    message = _BYTE.sub("", str(error)).strip()
    excerpt = body[max(0, offset - 20) : offset + 20].decode("utf-8", "replace")
    return defect("fhir-json-syntax", line=line, column=column, received=message, excerpt=excerpt)


def _measure(value: Json, limit: int) -> tuple[int, int]:
    """Number of keys in all objects, and the depth of nesting (counting stops at ``limit + 1``)."""
    keys = 0
    depth = 0
    level: list[Any] = [value]
    while level and depth <= limit:
        depth += 1
        following: list[Any] = []
        for item in level:
            if type(item) is dict:
                keys += len(item)
                values: Iterable[Any] = item.values()
            else:
                values = item
            following += [v for v in values if type(v) is dict or type(v) is list]
        level = following
    return keys, depth


def _duplicates(body: bytes, kind: str) -> list[Issue]:
    """Issues for keys that occur more than once in one object; only run when a count raised the suspicion."""
    found = 0

    def pairs(items: list[tuple[str, Any]]) -> Json:
        nonlocal found
        out = dict(items)
        found += len(items) - len(out)
        return out

    try:
        json.loads(body, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        return []
    if not found:
        return []
    return [
        defect(
            "fhir-json-duplicate-key",
            name=path.rpartition(".")[2],
            path=f"{kind}.{path}",
            line=line,
            column=column,
            expected="1",
            received=str(count),
        )
        for path, count, (line, column) in json_positions(body).repeated(_MAX_DUPLICATES)
    ]
