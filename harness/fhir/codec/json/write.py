"""Writes resources as JSON, with exact decimals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from harness.core.text import Text
from harness.fhir.codec.errors import EncodeError
from harness.fhir.codec.numbers import number_text

Json = dict[str, Any]

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def to_json(resource: Json, *, pretty: bool = False) -> bytes:
    """``resource`` as JSON bytes, decimals with the digits they have.

    :raises EncodeError: when it holds something that JSON cannot (``NaN``, objects of other classes).
    """
    try:
        out = _ENCODER.encode(resource)
        if (b"E+" in out or b"E-" in out) and _has_exponent(resource):
            out = _ENCODER.encode(_plain(resource))
    except (TypeError, ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise EncodeError(
            Text(nl="de resource past niet in JSON", en="the resource does not fit in JSON"),
            received=str(error),
        ) from error
    return msgspec.json.format(out, indent=2) if pretty else out


def _has_exponent(value: Any) -> bool:
    """Whether a decimal in ``value`` would be written with an exponent."""
    if isinstance(value, dict):
        return any(_has_exponent(v) for v in value.values())
    if isinstance(value, list):
        return any(_has_exponent(v) for v in value)
    return isinstance(value, Decimal) and "E" in str(value)


def _plain(value: Any) -> Any:
    """``value`` with decimals that Python would write with an exponent written out."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, Decimal):
        return msgspec.Raw(number_text(value).encode())
    return value
