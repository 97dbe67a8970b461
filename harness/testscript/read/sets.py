"""The folders around scripts: ``properties.json``, load scripts, fixtures, and which files are scripts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness.core.errors import InputError, UsageError
from harness.core.text import Text
from harness.testscript.read.model import LOAD_FOLDER, SetInfo

_HEAD = 4_096
"""Bytes of a JSON file in which its resource type stands."""


def read_info(folder: Path) -> SetInfo:
    """``properties.json`` of a folder or the nearest one above it; defaults when there is none.

    :raises InputError: when the file is not a JSON object.
    """
    for place in (folder, *folder.parents):
        file = place / "properties.json"
        if file.is_file():
            return _info(file)
        if place.name.startswith("_") is False and (place / LOAD_FOLDER).is_dir():
            break
    return SetInfo(fhir_version=version_from_path(folder))


def version_from_path(folder: Path) -> str:
    """``STU3`` or ``R4`` from the folder names, ``STU3`` when they do not say."""
    return "R4" if "R4" in folder.resolve().parts else "STU3"


def _info(file: Path) -> SetInfo:
    try:
        data: Any = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise InputError(
            Text(nl="is geen geldige JSON", en="is not valid JSON"), where=str(file), received=str(error)
        ) from None
    if not isinstance(data, dict):
        raise InputError(Text(nl="is geen JSON-object", en="is not a JSON object"), where=str(file))

    def named(key: str) -> str:
        value = data.get(key)
        return str(value.get("name", "")) if isinstance(value, dict) else str(value or "")

    packages = data.get("fhirPackage")
    return SetInfo(
        goal=str(data.get("goal", "")),
        fhir_version=str(data.get("fhirVersion", "") or version_from_path(file.parent)),
        standard=str(data.get("informationStandard", "")),
        usecase=str(data.get("usecase", "")),
        role=named("role"),
        variant=named("variant"),
        category=named("category"),
        subcategory=named("subcategory"),
        admin_only=bool(data.get("adminOnly", False)),
        server_alias=str(data.get("serverAlias", "")),
        packages=tuple(
            (str(item.get("name", "")), str(item.get("version", "")))
            for item in (packages if isinstance(packages, list) else [])
            if isinstance(item, dict)
        ),
    )


def is_reference(path: Path, root: Path) -> bool:
    """Whether a file lies in a folder of fixtures or load scripts below ``root``."""
    try:
        parts = path.relative_to(root).parts[:-1]
    except ValueError:
        parts = path.parts[:-1]
    return any(part.startswith("_") for part in parts)


def find_scripts(paths: Iterable[Path]) -> list[Path]:
    """TestScript files in folders (recursively, sorted) and files named directly; load scripts left out.

    :raises InputError: a path that does not exist.
    :raises UsageError: when nothing is found.
    """
    found: dict[Path, None] = {}
    given = list(paths)
    for path in given:
        if path.is_file():
            found[path] = None
        elif path.is_dir():
            for file in sorted((*path.rglob("*.xml"), *filter(_json_script, path.rglob("*.json")))):
                if not is_reference(file, path) and LOAD_FOLDER not in file.parts:
                    found[file] = None
        else:
            raise InputError(
                Text(nl="map of bestand bestaat niet", en="folder or file does not exist"), where=str(path)
            )
    if not found:
        raise UsageError(
            Text(nl="geen TestScripts gevonden", en="no TestScripts found"),
            where=", ".join(map(str, given)),
            expected="*.xml, *.json (FHIR TestScript)",
            next_step=Text(
                nl="wijs een map met TestScripts aan, bijvoorbeeld GenPractData-2-0/MedMij/Cert",
                en="point at a folder with TestScripts, for example GenPractData-2-0/MedMij/Cert",
            ),
        )
    return list(found)


def _json_script(path: Path) -> bool:
    """Whether a JSON file says at its beginning that it is a TestScript."""
    try:
        with path.open("rb") as file:
            return re.search(rb'"resourceType"\s*:\s*"TestScript"', file.read(_HEAD)) is not None
    except OSError:
        return False


def goal_folder(script: Path) -> Path:
    """The folder that holds ``_reference`` or ``_LoadResources`` for a script (``…/Cert``)."""
    for place in script.resolve().parents:
        if (place / LOAD_FOLDER).is_dir() or (place / "_reference").is_dir():
            return place
    return script.resolve().parent


def set_folder(script: Path) -> Path:
    """The folder of the test set that a script belongs to: the nearest with a ``properties.json``."""
    for place in script.resolve().parents:
        if (place / "properties.json").is_file():
            return place
        if (place / LOAD_FOLDER).is_dir() or (place / "_reference").is_dir():
            break
    return script.resolve().parent


def load_scripts_of(goal: Path) -> list[Path]:
    """The load scripts of a goal folder."""
    folder = goal / LOAD_FOLDER
    return sorted((*folder.rglob("load-*.xml"), *filter(_json_script, folder.rglob("*.json"))))
