"""A faulty live HIS of another process, and what a vendor says of its faults."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives import serialization
from processes import serving

from harness.fhir.codec.documents import to_json
from harness.network.person.persons import fixture_person

AT = "2026-03-01"
PERSON = "bram-lisdodde"
WORDS = (
    "--reason",
    "release 1.1 repairs it",
    "--issue",
    "KAAL-7",
    "--owner",
    "K. Kaal",
    "--approver",
    "B. Bureau",
)


def network(url: str) -> str:
    standards = ["huisartsgegevens-2.0"]
    parties = [
        {"id": "dvza-ons", "role": "dvza", "kind": "twin", "standards": standards},
        {"id": "pgo-ons", "role": "pgo", "kind": "twin", "standards": standards},
        {"id": "his-kaal", "role": "his", "kind": "live", "vendor": "=Kale Software", "product": "Kaal HIS",
         "version": "1.0", "standards": standards, "dvza": "dvza-ons", "fhir": url, "auth": "none",
         "patient": "header X-Patient"},
    ]  # fmt: skip
    persons = [{"id": PERSON, "patients": [PERSON]}]
    return yaml.safe_dump({"name": "kaal", "persons": persons, "participants": parties})


def qualify_faulty(home: Path, harness: Callable[..., Any]) -> Any:
    """Qualify a HIS of another process, whose total is too high; gives what the command did."""
    shared = home / "shared"
    shared.mkdir()
    for resource in fixture_person(PERSON).resources(date.fromisoformat(AT)):
        name = f"{resource['resourceType']}-{resource['id']}.json"
        (shared / name).write_bytes(to_json(resource))
    words = ("--fixtures", shared, "--port", "0", "--at", AT, "--fault", "total-too-high")
    with serving("serve", "fhir", *words) as ready:
        url = re.search(r"http://\S+", ready)
        assert url, ready
        (home / "network.yaml").write_text(network(url.group()))
        asked = ("--out", home / "run", "--at", AT, "--intensity", "smoke", "--skip-doctor")
        return harness("qualify", "--network", home / "network.yaml", *asked)


def failed(run: Path) -> set[str]:
    found = json.loads((run / "findings.json").read_text())["findings"]
    return {item["requirement"] for item in found if item["verdict"] == "fail"}


def public(key: Path) -> Path:

    private = serialization.load_pem_private_key(key.read_bytes(), None)
    path = key.with_suffix(".pub")
    path.write_bytes(
        private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return path
