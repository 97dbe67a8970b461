"""Tokens that no map knows, and test sets without tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from harness.fhir.store import Patients, Stored
from harness.testscript.read.model import TestScript
from harness.testscript.read.sets import set_folder

_TOKEN_NAME = re.compile(r"patient-token-(?:id-)?(.+)", re.IGNORECASE)
_SENDS_TOKEN = re.compile(
    rb"""(?:<field\s+value\s*=\s*["']|"field"\s*:\s*")authorization["']""", re.IGNORECASE
)


def named_tokens(
    script: TestScript, people: Sequence[Stored], known: Mapping[str, Patients]
) -> dict[str, Patients]:
    """Patients of tokens by the family name in the name of their variable, or the only Patient there is."""
    found: dict[str, Patients] = {}
    for variable in script.variables.values():
        match = _TOKEN_NAME.fullmatch(variable.name)
        token = variable.default or ""
        if not match or not token or "${" in token or token in known:
            continue
        wanted = _letters(match.group(1))
        named = next((stored.id for stored in people if _is_called(stored, wanted)), "")
        patient = named or (people[0].id if len(people) == 1 else "")
        if patient:
            found[token] = patient
    return found


def _is_called(stored: Stored, wanted: str) -> bool:
    names = stored.resource.get("name", [])
    family = " ".join(str(name.get("family", "")) for name in names if isinstance(name, dict))
    texts = map(_letters, (family, stored.id))
    return any(text and (wanted in text or text in wanted) for text in texts)


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def uses_tokens(script: TestScript) -> bool:
    """Whether any script of the test set sends a token; one that does not may test just that."""
    if any(
        name.lower() == "authorization" for operation in script.operations() for name, _ in operation.headers
    ):
        return True
    folder = set_folder(script.path)
    files = (path for path in sorted(folder.rglob("*")) if path.suffix in (".xml", ".json"))
    return any(_SENDS_TOKEN.search(path.read_bytes()) for path in files)


def token_for(name: str, people: Sequence[Stored], known: Mapping[str, Patients]) -> str:
    """The known token of the patient that the name of a variable mentions, ``""`` when nobody is."""
    match = _TOKEN_NAME.fullmatch(name)
    if not match:
        return ""
    wanted = _letters(match.group(1))
    patient = next((stored.id for stored in people if _is_called(stored, wanted)), None)
    return next((token for token, owner in known.items() if patient is not None and owner == patient), "")
