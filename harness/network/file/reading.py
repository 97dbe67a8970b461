"""Reading a network file: YAML against its schema, then the typed form, then what a schema cannot say."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

import msgspec

from harness.core.data import data_path
from harness.core.errors import ConfigurationError
from harness.core.standards.problems import refuse
from harness.core.standards.table import default_standards, standards
from harness.core.text import Text
from harness.core.yamlfile import YamlDocument, filled_schema, load_yaml, schema_errors
from harness.network.file.checking import mistakes
from harness.network.file.model import Network

_WRONG: Final = Text(nl="het netwerkbestand klopt niet", en="the network file is wrong")


def demo_path() -> Path:
    """The embedded network file."""
    return data_path("fixtures", "networks", "demo.yaml")


def shape_errors(document: YamlDocument) -> list[ConfigurationError]:
    """Everything in a document that the schema of network files objects to, in the order of the document."""
    return schema_errors(document, "network", _words())


def network_schema() -> dict[str, Any]:
    """The JSON Schema of network files with the names of the standards that are here, for editors."""
    return filled_schema("network", _words())


def _words() -> dict[str, Collection[str]]:
    return {"standard": standards()}


def read_network(path: Path | str) -> Network:
    """Read and check a network file; ``demo`` is the embedded network.

    :raises ConfigurationError: with every mistake: file, line, and the nearest known word.
    """
    file = demo_path() if str(path) == "demo" else Path(path)
    if not file.is_file() and file.suffix == "" and os.sep not in str(path):
        embedded = data_path("fixtures", "networks")
        names = sorted(item.stem for item in embedded.glob("*.yaml"))
        if str(path) in names:
            file = embedded / f"{path}.yaml"
    document = load_yaml(file)
    refuse(shape_errors(document), _WRONG)
    data = dict(document.data)
    data["path"] = str(file)
    data["participants"] = [{"standards": default_standards(), **item} for item in data["participants"]]
    data["persons"] = [{"id": item} if isinstance(item, str) else item for item in data.get("persons", [])]
    try:
        network = msgspec.convert(data, Network)
    except msgspec.ValidationError as error:
        raise ConfigurationError(
            _WRONG,
            where=str(file),
            received=str(error),
        ) from None
    refuse(list(mistakes(network, document)), _WRONG)
    return network
