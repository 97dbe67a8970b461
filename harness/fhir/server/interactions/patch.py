"""JSON Patch (RFC 6902): an ordered list of changes to a document."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import msgspec

from harness.core.text import Text
from harness.fhir.server.errors import FhirError

MEDIA_TYPE = "application/json-patch+json"
MAX_OPERATIONS = 1_000
_JSON = msgspec.json.Decoder(float_hook=Decimal)


def parse_patch(body: bytes) -> list[dict[str, Any]]:
    """The operations of a patch document.

    :raises FhirError: 400 when it is none.
    """
    try:
        found = _JSON.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _bad(f"geen geldige JSON: {error}", f"not valid JSON: {error}") from None
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise _bad("een JSON Patch is een lijst van objecten", "a JSON Patch is a list of objects")
    if len(found) > MAX_OPERATIONS:
        raise FhirError(413, "too-costly", Text(nl="te veel bewerkingen", en="too many operations"))
    return found


def apply_patch(document: Any, operations: list[dict[str, Any]]) -> Any:
    """The document after all operations, in order; the given one stays as it is.

    :raises FhirError: 400 for an operation that is wrong, 422 for one that cannot be done on this document
        (a ``test`` that fails included). Then nothing of the patch takes effect.
    """
    result = copy.deepcopy(document)
    for number, operation in enumerate(operations):
        try:
            result = _apply(result, operation)
        except FhirError as error:
            raise FhirError(
                error.status,
                error.code,
                Text(
                    nl=f"bewerking {number}: {error.message.nl}", en=f"operation {number}: {error.message.en}"
                ),
            ) from None
    return result


def _apply(document: Any, operation: dict[str, Any]) -> Any:
    name, path = operation.get("op"), _pointer(operation, "path")
    if name in ("add", "replace", "test"):
        if "value" not in operation:
            raise _bad("'value' ontbreekt", "'value' is missing")
        value = copy.deepcopy(operation["value"])
        if name == "test":
            if not _equal(_get(document, path), value):
                raise _undoable(
                    "de waarde is anders dan 'test' verwacht", "the value is not what 'test' expects"
                )
            return document
        if name == "replace":
            _get(document, path)
            document = _remove(document, path) if path else document
        return _add(document, path, value)
    if name == "remove":
        _get(document, path)
        return _remove(document, path)
    if name in ("move", "copy"):
        source = _pointer(operation, "from")
        value = copy.deepcopy(_get(document, source))
        if name == "move":
            if path[: len(source)] == source and path != source:
                raise _bad("'from' ligt boven 'path'", "'from' is above 'path'")
            document = _remove(document, source)
        return _add(document, path, value)
    raise _bad(f"onbekende bewerking {str(name)[:20]}", f"unknown operation {str(name)[:20]}")


def _pointer(operation: dict[str, Any], key: str) -> list[str]:
    """The parts of a JSON Pointer (RFC 6901)."""
    text = operation.get(key)
    if not isinstance(text, str) or (text and not text.startswith("/")):
        raise _bad(f"'{key}' is geen JSON Pointer", f"'{key}' is not a JSON Pointer")
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _index(items: list[Any], part: str, *, adding: bool = False) -> int:
    if part == "-" and adding:
        return len(items)
    if not (part.isascii() and part.isdigit()) or (len(part) > 1 and part.startswith("0")) or len(part) > 9:
        raise _undoable(f"{part[:20]} is geen plaats in een lijst", f"{part[:20]} is not a place in a list")
    if int(part) >= len(items) + adding:
        raise _undoable(f"plaats {part} bestaat niet", f"place {part} does not exist")
    return int(part)


def _get(document: Any, path: list[str]) -> Any:
    node = document
    for part in path:
        if isinstance(node, list):
            node = node[_index(node, part)]
        elif isinstance(node, dict) and part in node:
            node = node[part]
        else:
            raise _undoable(
                f"/{'/'.join(path)[:200]} bestaat niet", f"/{'/'.join(path)[:200]} does not exist"
            )
    return node


def _add(document: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    owner, last = _get(document, path[:-1]), path[-1]
    if isinstance(owner, list):
        owner.insert(_index(owner, last, adding=True), value)
    elif isinstance(owner, dict):
        owner[last] = value
    else:
        raise _undoable("een waarde heeft geen onderdelen", "a value has no parts")
    return document


def _remove(document: Any, path: list[str]) -> Any:
    if not path:
        raise _bad("het hele document kan niet weg", "the whole document cannot be removed")
    owner, last = _get(document, path[:-1]), path[-1]
    if isinstance(owner, list):
        del owner[_index(owner, last)]
    else:
        del owner[last]
    return document


def _equal(left: Any, right: Any) -> bool:
    """Equality of JSON values: numbers by value, ``true`` is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_equal(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_equal, left, right))
    return bool(left == right)


def _bad(nl: str, en: str) -> FhirError:
    return FhirError(400, "invalid", Text(nl=nl, en=en))


def _undoable(nl: str, en: str) -> FhirError:
    return FhirError(422, "processing", Text(nl=nl, en=en))
