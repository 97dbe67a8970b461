"""The XSDs that ship with the harness (``profiles/afsprakenstelsel/xsd``), written from the facts."""

from __future__ import annotations

import threading
from typing import Final

from lxml import etree

from harness.core.data import data_path
from harness.core.errors import ConfigurationError
from harness.medmij.releases import framework

_LOCAL: Final = threading.local()  # lxml schema objects keep an error log: one per thread

ROOTS: Final = {
    "zal": "Zorgaanbiederslijst",
    "ocl": "OAuthclientlist",
    "gnl": "Gegevensdienstnamenlijst",
    "whl": "Whitelist",
    "zkl": "Zorgaanbiederskoppellijst",
}
"""Root element per list kind."""


def safe_parser() -> etree.XMLParser:
    """An XML parser for strangers' documents: no DTD, entities, network, or huge trees."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def schema(schema_id: str) -> etree.XMLSchema:
    """A compiled schema by id such as ``zal-release3``.

    :raises ConfigurationError: a release names a schema that does not ship.
    """
    cache: dict[str, etree.XMLSchema] = _LOCAL.__dict__.setdefault("schemas", {})
    if schema_id not in cache:
        if schema_id not in framework().namespaces:
            raise ConfigurationError(f"unknown list schema {schema_id}")
        path = data_path("profiles", "afsprakenstelsel", "xsd", f"{schema_id}.xsd")
        cache[schema_id] = etree.XMLSchema(etree.parse(str(path), safe_parser()))
    return cache[schema_id]


def namespace(schema_id: str) -> str:
    """Target namespace of a schema."""
    return framework().namespaces[schema_id]
