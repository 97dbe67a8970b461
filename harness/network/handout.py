"""What a served network hands out: trust anchors, client certificates, a network file for the other side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from harness.core.run.findings import Cell
from harness.core.run.place import disk
from harness.medmij.releases import newest
from harness.network.file import Participant
from harness.network.running import RunningNetwork
from harness.network.twins.stelselnode import list_host


def write_handout(running: RunningNetwork, folder: Path, *, public: dict[str, str] | None = None) -> Path:
    """Write everything that another party needs to a folder.

    :param public: connect map for the other side; default: the ports on this machine.
    :returns: the network file with which our own PGO twins, in another process, test what is served here.
    """
    folder.mkdir(parents=True, exist_ok=True)
    disk.write(folder / "trust-front.pem", running.pki.trust("front"))
    disk.write(folder / "trust-back.pem", running.pki.trust("back"))
    disk.write(folder / "trust.pem", running.pki.trust("front") + running.pki.trust("back"))
    network = running.network
    participants: list[dict[str, Any]] = []
    latest = newest(item for participant in network.participants for item in participant.releases)
    for item in network.of_role("his"):
        participants.append(
            {
                **_common(item),
                "releases": [latest],
                "kind": "live",
                "dvza": item.dvza,
                "provider": item.provider_name,
                "person": {name: network.person_of(_cell(item, name, latest)) for name in item.standards},
            }
        )
    for item in network.of_role("dvza"):
        lists = network.stelselnode.url or f"https://{list_host(network, latest)}"
        participants.append(
            {**_common(item), "releases": [latest], "kind": "live", "lists": lists, "login": "mock"}
        )
    for item in network.of_role("pgo"):
        certificate, key = client_files(running, item, folder)
        entry = {**_common(item), "releases": [latest], "kind": "twin", "host": item.pgo_host}
        if item.organisation:
            entry["organisation"] = item.organisation
        if item.redirect_uri:
            entry["redirect_uri"] = item.redirect_uri
        own = bool(item.certificate)
        entry.update(
            certificate=str(certificate) if own else certificate.name, key=str(key) if own else key.name
        )
        participants.append(entry)
    document = {
        "name": f"{network.name or 'network'}-served",
        "trust": ["trust-front.pem", "trust-back.pem"],
        "connect": public if public is not None else running.hosts.connect.entries(),
        "stelselnode": {"kind": "live", "url": f"https://{list_host(network, latest)}"},
        "participants": participants,
    }
    path = folder / "network.yaml"
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
    disk.write(path, text.encode())
    return path


def client_files(running: RunningNetwork, item: Participant, folder: Path) -> tuple[Path, Path]:
    """Certificate and key of a PGO: its own when the network file names them, else ones of the test CA.

    :param folder: where those of the test CA are written.
    """
    if not item.certificate:
        return running.pki.client(item.pgo_host).write(folder)
    base = running.network.base.resolve()
    return base / item.certificate, base / (item.key or item.certificate)


def _common(item: Participant) -> dict[str, Any]:
    found: dict[str, Any] = {"id": item.id, "role": item.role}
    for name in ("vendor", "product", "version", "display"):
        value = getattr(item, name)
        if value and (name != "display" or item.role == "his"):
            found[name] = value
    found["standards"] = list(item.standards)
    return found


def _cell(his: Participant, standard: str, release: str) -> Cell:
    return Cell(his=his.id, dvza=his.dvza, pgo="", standard=standard, release=release)
