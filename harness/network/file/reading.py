"""Reading a network file: YAML against its schema, then the typed form, then what a schema cannot say."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from harness.core.data import data_path
from harness.core.errors import ConfigurationError
from harness.core.standards.table import default_standards, standards
from harness.core.text import Text
from harness.core.yamlfile import load_yaml
from harness.network.file.checking import check
from harness.network.file.model import Network


def demo_path() -> Path:
    """The embedded network file."""
    return data_path("fixtures", "networks", "demo.yaml")


def read_network(path: Path | str) -> Network:
    """Read and check a network file; ``demo`` is the embedded network.

    :raises ConfigurationError: with file, line, and the nearest known word.
    """
    file = demo_path() if str(path) == "demo" else Path(path)
    if not file.is_file() and file.suffix == "" and os.sep not in str(path):
        embedded = data_path("fixtures", "networks")
        names = sorted(item.stem for item in embedded.glob("*.yaml"))
        if str(path) in names:
            file = embedded / f"{path}.yaml"
    document = load_yaml(file, schema="network", values={"standard": standards()})
    data = dict(document.data)
    data["path"] = str(file)
    data["participants"] = [{"standards": default_standards(), **item} for item in data["participants"]]
    data["persons"] = [{"id": item} if isinstance(item, str) else item for item in data.get("persons", [])]
    try:
        network = msgspec.convert(data, Network)
    except msgspec.ValidationError as error:
        raise ConfigurationError(
            Text(nl="het netwerkbestand klopt niet", en="the network file is wrong"),
            where=str(file),
            received=str(error),
        ) from None
    check(network, document)
    return network
