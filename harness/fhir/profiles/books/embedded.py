"""The fact books that ship with the harness, compiled once per content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path

import msgspec

from harness.core.data import data_path, data_root
from harness.fhir.packages.cache import Cache
from harness.fhir.profiles.books.as_yaml import FORMAT, from_yaml
from harness.fhir.profiles.books.book import FactBook

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(FactBook, float_hook=Decimal)


@cache
def embedded_facts() -> FactBook | None:
    """The facts that ship with the harness, ``None`` when the installation has none. Compiled once per
    content."""
    if not (data_root() / "profiles" / "fhir").is_dir():
        return None
    return load_books(sorted(data_path("profiles", "fhir").glob("facts-*.yaml")))


def load_books(paths: Iterable[Path], cache: Cache | None = None) -> FactBook:
    """Fact books as one; the first that has a URL counts. The parsed form is kept in the harness's cache by
    content.

    :raises ConfigurationError: when a file is no fact book.
    """
    texts = [(path, path.read_bytes()) for path in paths]
    digest = hashlib.sha256(b"\0".join(text for _, text in texts)).hexdigest()[:32]
    store = cache or Cache()
    key = f"facts-{digest}-{FORMAT}"
    try:
        return _decode((store.path(key) / "facts.json").read_bytes())
    except (OSError, msgspec.DecodeError):
        pass
    book = FactBook([], {}, {}, {})
    for path, text in texts:
        book.join(from_yaml(text, where=path.name))
    store.write(key, {"facts.json": _ENCODER.encode(book)})
    return book


def _decode(data: bytes) -> FactBook:
    return _DECODER.decode(data)
