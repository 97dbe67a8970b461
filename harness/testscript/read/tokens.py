"""Token maps: which access token stands for which test person."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.core.errors import InputError
from harness.core.text import Text
from harness.testscript.read.model import Operation, TestScript

FILE = "QualificationTokens.json"
_IN_VARIABLE = re.compile(r"((?:Bearer )?)\$\{([^${}]+)\}", re.IGNORECASE)


@dataclass(frozen=True)
class TestPerson:
    """One entry of a token map. ``token`` includes ``Bearer ``."""

    __test__ = False

    token: str
    patient: str
    family: str = ""
    bsn: str = ""


def read_token_map(path: Path) -> list[TestPerson]:
    """A file in the shape of the official ``QualificationTokens.json``.

    :raises InputError: when it is not a list of entries with ``accessToken`` and ``resourceId``.
    """
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise InputError(
            Text(nl="kan niet worden gelezen als JSON", en="cannot be read as JSON"),
            where=str(path),
            received=str(error),
        ) from None
    if not isinstance(data, list):
        raise InputError(
            Text(nl="is geen lijst van tokens", en="is not a list of tokens"),
            where=str(path),
            expected='[{"accessToken": "Bearer …", "resourceId": "…"}, …]',
        )
    persons = []
    for number, item in enumerate(data):
        token = item.get("accessToken") if isinstance(item, dict) else None
        patient = item.get("resourceId") if isinstance(item, dict) else None
        if not isinstance(token, str) or not isinstance(patient, str) or not token.strip():
            raise InputError(
                Text(nl=f"item {number} is geen token", en=f"item {number} is not a token"),
                where=str(path),
                expected='{"accessToken": "Bearer …", "resourceId": "…"}',
                received=str(item)[:80],
            )
        persons.append(
            TestPerson(with_scheme(token), patient, str(item.get("familyName", "")), str(item.get("bsn", "")))
        )
    return persons


def with_scheme(token: str) -> str:
    """The Authorization value of a token, with or without ``Bearer``."""
    token = token.strip()
    return token if token.lower().startswith("bearer ") else f"Bearer {token}"


def find_token_map(folder: Path) -> Path | None:
    """The official token map in a folder above (or in ``Configuration`` beside it)."""
    for place in (folder.resolve(), *folder.resolve().parents):
        for candidate in (place / FILE, place / "Configuration" / FILE):
            if candidate.is_file():
                return candidate
    return None


def token_of(operation: Operation, script: TestScript) -> str:
    """The Authorization value of an operation (or the variable that holds it), ``""`` without one."""
    value = next((value for name, value in operation.headers if name.lower() == "authorization"), "")
    match = _IN_VARIABLE.fullmatch(value)
    variable = script.variables.get(match.group(2)) if match else None
    return match.group(1) + variable.default if match and variable and variable.default else value


def tokens_in(script: TestScript) -> frozenset[str]:
    """The access tokens (or the variables that hold them) that a script uses."""
    return frozenset(filter(None, (token_of(operation, script) for operation in script.operations())))


def stated_patients(scripts: Iterable[TestScript]) -> dict[str, tuple[str, ...]]:
    """Patient ids by Authorization value, as scripts state it: each purge names its patient and token.

    A token may stand for several patients, also for patients that are only removed.
    """
    found: dict[str, tuple[str, ...]] = {}
    for script in scripts:
        for operation in script.operations():
            token = token_of(operation, script)
            if operation.code == "purge" and token and "${" not in token:
                patient = operation.params.strip("/").removesuffix("/$purge").removeprefix("Patient/")
                found[with_scheme(token)] = (*found.get(with_scheme(token), ()), patient)
    return found


def rewriting(official: Iterable[TestPerson], own: Iterable[TestPerson]) -> dict[str, str]:
    """Official token -> token of the vendor, for the same patient id."""
    theirs = {person.patient: person.token for person in own}
    return {
        person.token: theirs[person.patient]
        for person in official
        if person.patient in theirs and theirs[person.patient] != person.token
    }
