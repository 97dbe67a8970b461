"""Writes record folders."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from harness.core.errors import UsageError
from harness.core.text import Text
from harness.fhir.codec.documents import to_json
from harness.reference.record.load import FILE, PRACTICE

_SAFE = re.compile(r"[^A-Za-z0-9.-]+")


def file_name(resource: Mapping[str, Any]) -> str:
    """``Type-id.json``, short and safe on every system."""
    return _SAFE.sub("-", f"{resource['resourceType']}-{resource['id']}")[:120] + ".json"


def write_record(
    folder: Path, about: Mapping[str, Any], resources: Iterable[Mapping[str, Any]], sent: Mapping[str, Any]
) -> None:
    """Write one record.

    :param about: content of ``record.yaml``.
    :param sent: Bundles that the person sends, by name.
    :raises UsageError: the folder is there already and holds something.
    """
    _refuse_full(folder)
    _write_resources(folder / "resources", resources)
    if sent:
        (folder / "sent").mkdir(parents=True, exist_ok=True)
    for name, bundle in sent.items():
        (folder / "sent" / f"{_SAFE.sub('-', name)}.json").write_bytes(to_json(bundle, pretty=True) + b"\n")
    text = yaml.safe_dump(json.loads(json.dumps(about)), sort_keys=False, allow_unicode=True, width=110)
    (folder / FILE).write_text(text, encoding="utf-8")


def write_practice(folder: Path, resources: Iterable[Mapping[str, Any]]) -> None:
    """Write what several persons share beside their records.

    :param folder: the folder that holds the records.
    """
    _refuse_full(folder / PRACTICE)
    _write_resources(folder / PRACTICE / "resources", resources)


def _refuse_full(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(
            Text(nl="de map bestaat al en is niet leeg", en="the folder exists and is not empty"),
            where=str(folder),
            next_step=Text(nl="kies een andere map met --out", en="choose another folder with --out"),
        )


def _write_resources(folder: Path, resources: Iterable[Mapping[str, Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for resource in resources:
        (folder / file_name(resource)).write_bytes(to_json(dict(resource), pretty=True) + b"\n")
