"""A DVZA of somebody else: where it runs, and what ``harness qualify`` says of it as a live party."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import yaml

from foreign_behaviour.servers.style import Style
from harness.core.run.findings import Cell
from harness.core.run.info import Settings
from harness.judge.catalogue import load_catalogue
from harness.judge.judging import judge_requirements
from harness.judge.view import CellView
from harness.network.file import read_network
from harness.network.handout import write_handout
from harness.network.person.records import network_records
from harness.network.running import RunningNetwork, start
from harness.network.wire.serving import Incoming, Outgoing
from harness.reference.records import Records

ROOT = Path(__file__).resolve().parents[2]
RELEASE = "mm-2.2"
STANDARDS = ["huisartsgegevens-2.0"]
ORDER = ("fail", "error", "inconclusive", "disputed", "not-tested", "warning", "pass", "not-applicable")
"""Verdicts, the worst first."""


def theirs() -> dict[str, Any]:
    """The network of the other side: a HIS, its DVZA, and two PGOs that it knows."""
    common = {"kind": "twin", "standards": STANDARDS, "releases": [RELEASE]}
    return {
        "participants": [
            {**common, "id": "his", "role": "his", "dvza": "dvza"},
            {**common, "id": "dvza", "role": "dvza"},
            {**common, "id": "pgo", "role": "pgo", "host": "pgo.example"},
            {**common, "id": "second", "role": "pgo", "host": "second.example"},
        ]
    }


@contextmanager
def standing(style: Style, folder: Path) -> Iterator[Path]:
    """Run a DVZA in a style; gives the network file of those who know it from outside only."""
    path = folder / "theirs.yaml"
    path.write_text(yaml.safe_dump(theirs()), encoding="utf-8")
    with start(read_network(path)) as running:
        _dress(running, style)
        yield _handed_out(running, folder / "handout")
        if running.errors:
            raise RuntimeError("the stub broke") from running.errors[0]


def _dress(running: RunningNetwork, style: Style) -> None:
    """Put a style around the hosts of the DVZA."""
    dvza = running.twins.dvzas["dvza"]
    hosts = running.hosts
    for host, handler, styled, channel in (
        (dvza.participant.front_host, dvza.front, style.front, "front"),
        (dvza.participant.back_host, dvza.back, style.back, "back"),
    ):
        around = _around(handler, styled)
        hosts.served[host].app.handler = around
        if style.wire is None and not (style.asks_certificate and channel == "back"):
            continue
        mtls = channel == "back"
        if style.wire is not None:
            context = hosts.context(host, channel=channel, mtls=mtls)  # type: ignore[arg-type]
            port = style.wire.listen(hosts.hosting, around, context)
        else:
            port = hosts.listen(host, around, channel=channel, mtls=mtls, lax=True)  # type: ignore[arg-type]
        hosts.connect.add(host, 443, "127.0.0.1", port)


def _around(
    handler: Callable[[Incoming], Awaitable[Outgoing]],
    styled: Callable[[Incoming, Callable[[Incoming], Awaitable[Outgoing]]], Awaitable[Outgoing]],
) -> Callable[[Incoming], Awaitable[Outgoing]]:
    async def handle(request: Incoming) -> Outgoing:
        return await styled(request, handler)

    return handle


def _handed_out(running: RunningNetwork, folder: Path) -> Path:
    """The network file of the outside: the DVZA is live, and the certificates of three clients are at hand."""
    path = write_handout(running, folder)
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["participants"] = [item for item in document["participants"] if item["id"] != "second"]
    for name, host in (("second_client", "second.example"), ("off_list_client", "off.example")):
        certificate, key = running.pki.client(host).write(folder)
        document[name] = {"host": host, "certificate": certificate.name, "key": key.name}
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return path


def qualified(network: Path, run: Path) -> dict[str, str]:
    """The worst verdict of each requirement, of a whole run.

    :raises RuntimeError: there was no run.
    """
    words = ["qualify", "--network", str(network), "--out", str(run), "--json"]
    done = subprocess.run([sys.executable, "-m", "harness", *words], cwd=ROOT, capture_output=True, text=True)
    if not (run / "findings.json").is_file():
        raise RuntimeError(done.stderr or done.stdout)
    return worst(json.loads((run / "findings.json").read_bytes())["findings"])


def driven(network: Path, flows: Sequence[str]) -> dict[str, str]:
    """The worst verdict of each requirement of the DVZA, of some flows of a run in this process."""
    loaded = read_network(network)
    catalogue = load_catalogue()
    his, dvza, pgo = loaded.participants
    cell = Cell(his=his.id, dvza=dvza.id, pgo=pgo.id, standard=STANDARDS[0], release=RELEASE)
    with start(loaded, intensity="smoke") as running:
        for flow in flows:
            running.drive(cell, flow)
        exchanges, now = running.recorder.exchanges(cell.key), running.clock.now()
        records = Records(network_records(loaded, running.t))
        settings = Settings(persons={cell.key: loaded.person_of(cell)})
        view = CellView(cell, exchanges, catalogue, t=running.t, now=now, records=records, settings=settings)
    asked = catalogue.of_cell(cell.standard, cell.release)
    ids = [item.id for item in asked if item.decidable and item.role in ("his", "dvza")]
    return worst(json.loads(msgspec.json.encode(judge_requirements(view, ids))))


def worst(findings: list[dict[str, Any]]) -> dict[str, str]:
    """The worst verdict of each requirement."""
    found: dict[str, str] = {}
    for item in findings:
        held = found.get(item["requirement"], ORDER[-1])
        found[item["requirement"]] = min(held, item["verdict"], key=ORDER.index)
    return found
