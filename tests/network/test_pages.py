"""Answers in pages over real sockets: a HIS behind our DVZA, followed by our PGO, judged from the recording."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import msgspec
import pytest

from harness.core.run.exchanges import Response
from harness.judge.catalogue import load_catalogue
from harness.matrix.kill import Bench
from harness.network.file import read_network
from harness.network.running import start
from harness.network.twins.his import HisTwin

T = date(2026, 3, 1)
NOW = datetime(2026, 3, 1, 11, 0, tzinfo=UTC)
CATALOGUE = load_catalogue()
HG, PD = "huisartsgegevens-2.0", "pdfa-3.0"
REMARKS = {"GEN-013": "warning", "GEN-017": "warning"}


def driven(monkeypatch, standard, *, size=2, form="offset", relink=None):
    """What our PGO recorded of a HIS that gives pages, and the verdicts that are no pass."""
    plain = HisTwin.handle

    def handle(self, request, patient, base, scratch=""):
        self._options = replace(self._options, page_size=size, paging=form)
        answer = plain(self, request, patient, base, scratch)
        body = relink(answer.body, base) if relink is not None else answer.body
        return Response(status=answer.status, headers=answer.headers, body=body)

    monkeypatch.setattr(HisTwin, "handle", handle)
    bench = Bench(read_network("demo"), CATALOGUE, t=T, now=NOW)
    his, dvza, pgo = bench.network.participants
    bench.network = msgspec.structs.replace(bench.network, participants=(his, dvza, pgo))
    cell = bench.cell(standard, "mm-2.2")
    with start(bench.network, t=T, intensity="normal") as running:
        running.drive(cell, "collect")
        assert running.errors == []
        exchanges = list(running.recorder.exchanges(cell.key))
    verdicts = bench._judge(cell, exchanges)
    wanted = {
        item.id
        for item in CATALOGUE
        if item.standard == standard and set(item.flows) <= {"collect"} and not item.left_out("normal")
    }
    return exchanges, {
        name: verdict.value
        for name, verdict in verdicts.items()
        if name in wanted and verdict.value != "pass"
    }


@pytest.mark.parametrize(
    ("standard", "size", "form"), [(HG, 1, "offset"), (HG, 2, "token"), (PD, 1, "token")]
)
def test_every_page_is_followed_and_a_his_that_gives_them_passes(monkeypatch, standard, size, form):
    exchanges, broken = driven(monkeypatch, standard, size=size, form=form)
    prefix = {HG: "HG", PD: "PD"}[standard]
    assert broken.items() <= {f"{prefix}-{name}": verdict for name, verdict in REMARKS.items()}.items()
    pages = [item for item in exchanges if item.operation.startswith("next-page-")]
    assert len(pages) >= 6 and all(item.response.status == 200 for item in pages)


@pytest.mark.parametrize("spelling", ["upper", "port", "relative"])
def test_addresses_in_other_spellings_are_followed(monkeypatch, spelling):
    def relink(body, base):
        host = urlsplit(base).netloc
        other = {
            "upper": base.replace(f"https://{host}", f"HTTPS://{host.upper()}"),
            "port": base.replace(host, f"{host}:443"),
            "relative": urlsplit(base).path,
        }[spelling]
        return body.replace(f'"next","url":"{base}'.encode(), f'"next","url":"{other}'.encode())

    exchanges, broken = driven(monkeypatch, HG, relink=relink)
    assert [item for item in exchanges if item.operation == "next-page-json"]
    assert broken.items() <= {f"HG-{name}": verdict for name, verdict in REMARKS.items()}.items()


@pytest.mark.parametrize(
    "home", ["https://elders.example/fhir", "http://{host}/x", "https://{host}:8443/fhir"]
)
def test_no_token_leaves_the_host_of_the_endpoint(monkeypatch, home):
    def relink(body, base):
        there = home.format(host=urlsplit(base).netloc).encode()
        return body.replace(f'"next","url":"{base}'.encode(), b'"next","url":"' + there).replace(
            f'<relation value="next"/><url value="{base}'.encode(),
            b'<relation value="next"/><url value="' + there,
        )

    exchanges, broken = driven(monkeypatch, HG, relink=relink)
    assert broken["HG-GEN-032"] == "fail"
    assert not [item for item in exchanges if item.operation.startswith("next-page-")]
    care = {
        urlsplit(item.request.url).netloc for item in exchanges if item.interface in ("resource", "document")
    }
    assert len(care) == 1
