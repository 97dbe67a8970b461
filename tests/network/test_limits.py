"""What ends traffic that would not end by itself: bounds of an exchange, budgets, and the breaker."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import date
from itertools import chain, cycle, repeat
from pathlib import Path

import pytest

from harness.core.clock import OffsetClock
from harness.core.errors import UsageError
from harness.core.run.findings import Cell
from harness.core.run.limits import ENDED, Limits, shown_seconds, unreachable
from harness.network.file import Network, read_network
from harness.network.limits.duration import seconds_of
from harness.network.limits.endurance import Endurance, LimitReached, not_ours
from harness.network.running import start
from harness.network.wire.client import HttpClient
from harness.network.wire.connect import ConnectMap

CELL = Cell(his="his-x", dvza="dvza-x", pgo="pgo-x", standard="huisartsgegevens-2.0", release="mm-2.2")
NETWORK = """
persons:
  - {{id: hanna-wilgenkamp}}
participants:
  - {{id: his-x, role: his, kind: live, standards: [huisartsgegevens-2.0], dvza: dvza-x,
     fhir: "{fhir}", patient: header X-Patient}}
  - {{id: dvza-x, role: dvza, kind: twin, standards: [huisartsgegevens-2.0]}}
  - {{id: pgo-x, role: pgo, kind: twin, standards: [huisartsgegevens-2.0]}}
"""
URL = "https://his.example/fhir/Patient"
ERROR = "timeout: ReadTimeout"


class Ticks:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def endurance(limits: Limits | None = None, *, began: float = 0.0) -> tuple[Endurance, Ticks]:
    ticks = Ticks()
    return Endurance(limits, {"his"}, began=began, now=ticks), ticks


# -- one exchange ----------------------------------------------------------------------------------


@contextmanager
def saying(parts: Iterator[bytes], pause: float = 0.0) -> Iterator[str]:
    """A server that sends these pieces to whoever connects."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            for _ in range(2):  # a GET whose connection broke is sent once more
                with suppress(OSError):
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(4096)
                        for part in parts:
                            connection.sendall(part)
                            time.sleep(pause)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("parts", "pause", "error"),
    [
        (chain([b"HTTP/1.1 200 OK\r\nX: "], repeat(b"a")), 0.05, "timeout"),
        (chain([b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"], repeat(b" ")), 0.05, "timeout"),
        (repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n"), 0.05, "timeout"),
        (repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 200), 0.0, "protocol: head of the answer too large"),
        (
            chain([b"HTTP/1.1 200 OK\r\n"], repeat(b"X: " + b"a" * 500 + b"\r\n")),
            0.0,
            "protocol: head of the answer too large",
        ),
        (chain([HEAD], cycle([b"1000\r\n", b"x" * 4096, b"\r\n"])), 0.0, "protocol: answer larger than"),
        (
            iter([b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{"] * 2),
            0.0,
            "protocol: closed within an answer",
        ),
        (iter([HEAD + b"100\r\n{"] * 2), 0.0, "protocol: closed within an answer"),
        (repeat(b"\x00\xff" * 4096), 0.0, "protocol: no HTTP: illegal status line"),
        (
            repeat(b"HTTP/1.1 200 OK\r\nA b: Wilgenkamp\r\n\r\n"),
            0.0,
            "protocol: no HTTP: illegal header line",
        ),
    ],
    ids=[
        "slow head",
        "slow body",
        "slow interim",
        "interim storm",
        "endless head",
        "endless body",
        "half a body",
        "half a chunk",
        "no status line",
        "no header line",
    ],
)
def test_an_exchange_ends_as_a_whole(parts, pause, error):
    """A piece every now and then would keep the timeout of a socket waiting for ever."""
    client = HttpClient(ConnectMap(), ssl.create_default_context())
    began = time.monotonic()
    with saying(parts, pause) as url:
        found = client.request("GET", url, timeout=0.6, limit=1_000_000)
    client.close()
    assert found.status == 0 and found.error.startswith(error), found.error
    assert "Wilgenkamp" not in found.error, "what a server sent is not told in an error"
    assert time.monotonic() - began < 5


def test_what_comes_in_time_is_read_whole():
    """Interim answers and a body in pieces are right."""
    parts = [b"HTTP/1.1 100 Continue\r\n\r\n" * 3, HEAD, b"2\r\nab\r\n", b"2\r\ncd\r\n0\r\n\r\n"]
    client = HttpClient(ConnectMap(), ssl.create_default_context())
    with saying(iter(parts), 0.02) as url:
        found = client.request("GET", url, timeout=5)
    client.close()
    assert (found.status, found.body, found.error) == (200, b"abcd", "")


# -- budgets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("20m", 1200), ("1h30m", 5400), ("2h", 7200)]
)
def test_a_length_of_time(text, seconds):
    assert seconds_of(text) == seconds
    assert seconds_of(shown_seconds(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "20 minutes", "-5m", "5s", "m", "1e9", "٢٠m", "30m20h"])
def test_what_is_no_usable_budget(text):
    with pytest.raises(UsageError):
        seconds_of(text)


def test_over_the_budget_of_the_run_nothing_is_asked_any_more():
    """A part is kept for judging and reporting."""
    found, ticks = endurance(Limits(run=200.0))
    found.begin(1)
    ticks.now = 179.0
    found.check(URL, party="his")
    assert found.allowed(65.0) == pytest.approx(1.0)
    ticks.now = 180.0
    with pytest.raises(LimitReached) as caught:
        found.check(URL, party="his")
    assert (caught.value.limit, caught.value.cause) == ("run", "")
    assert "200s" not in caught.value.message.nl and "3m20s" in caught.value.message.nl
    assert caught.value.message.nl.startswith("het budget van de run")


def test_what_is_kept_for_deleting_is_used_for_nothing_else():
    limits, ticks = endurance(Limits(run=200, clean_up=True))
    limits.begin(1)
    ticks.now += 161.0  # 200 less 20 for judging and 20 for deleting
    with pytest.raises(LimitReached):
        limits.check()
    limits.clean()
    limits.check()
    ticks.now += 18.0
    limits.check()
    ticks.now += 2.0
    with pytest.raises(LimitReached):
        limits.check()
    assert Limits(run=40, clean_up=True).cleaning == 10 and Limits(run=40).cleaning == 0


def test_what_was_used_before_counts():
    found, ticks = endurance(Limits(run=200.0), began=-180.0)
    found.begin(1)
    ticks.now = 9.0
    found.check()
    ticks.now = 10.0
    with pytest.raises(LimitReached):
        found.check()


def test_a_machine_that_is_slow_keeps_more_for_the_end():
    found, ticks = endurance(Limits(run=200.0))
    ticks.now = 25.0
    found.begin(1)
    ticks.now = 149.0
    found.check()
    ticks.now = 150.0
    with pytest.raises(LimitReached):
        found.check()


def test_who_was_waited_for_is_the_cause():
    found, ticks = endurance(Limits(run=200.0))
    found.begin(1)
    found.waited("his", 120.0)
    found.waited("pgo", 500.0)
    ticks.now = 180.0
    with pytest.raises(LimitReached) as caught:
        found.check()
    assert caught.value.cause == "his" and "waiting for his" in caught.value.message.en


def test_who_sends_what_takes_long_to_look_at_is_the_cause():
    found, ticks = endurance(Limits(run=200.0))
    found.begin(1)
    found.waited("his", 60.0)
    found.looked("his", 60.0)
    found.looked("pgo", 500.0)
    ticks.now = 180.0
    with pytest.raises(LimitReached) as caught:
        found.check()
    told = caught.value.message.en
    assert caught.value.cause == "his" and "waiting for his and looking at what it sent" in told


def test_who_sent_most_is_the_cause_of_judging_that_took_too_long():
    found, _ = endurance(Limits(run=200.0))
    found.begin(2)
    found.waited("dvza", 1.0, 9_000)
    found.begin(1)  # what came in another cell says nothing of this one
    assert found.too_much().cause == ""
    found.waited("his", 1.0, 5_000)
    found.waited("dvza", 9.0, 10)
    found.waited("pgo", 1.0, 9_000)  # our own
    late = found.too_much()
    assert (late.limit, late.cause, late.received) == ("run", "his", "his: 5000 bytes")
    assert "judging what his sent took longer" in late.message.en and "(3m20s)" in late.message.nl


def test_one_cell_leaves_time_for_the_others():
    found, ticks = endurance(Limits(run=200.0))
    found.begin(3)
    ticks.now = 90.0
    with pytest.raises(LimitReached) as caught:
        found.check()
    assert caught.value.limit == "cell"
    found.begin(2)
    found.check()
    ticks.now = 135.0
    with pytest.raises(LimitReached):
        found.check()
    found.begin(1)
    ticks.now = 179.0
    found.check()


def test_a_cell_has_a_budget_without_one_for_the_run():
    found, ticks = endurance(Limits(cell=100.0))
    found.begin(1)
    ticks.now = 100.0
    with pytest.raises(LimitReached) as caught:
        found.check()
    assert caught.value.limit == "cell" and "this cell" in caught.value.message.en


def test_waiting_is_real_for_somebody_else_only():
    found, _ = endurance(Limits(cell=100.0))
    found.begin(1)
    clock = OffsetClock()
    before = clock.monotonic()
    found.wait(clock, 900.0, really=False)
    assert clock.monotonic() - before > 899
    with pytest.raises(LimitReached):
        found.wait(clock, 900.0, really=True)
    began = time.monotonic()
    found.wait(clock, 0.05, really=True)
    assert time.monotonic() - began >= 0.05


def test_a_budget_that_is_used_up_says_what_came_of_the_waiting():
    found, ticks = endurance(Limits(run=100.0))
    found.begin(1)
    for error in ("timeout: gave up", "timeout: gave up", "", "connect: refused"):
        found.waited("his", 25.0, further=not error)
        found.seen(URL, "his", error, "2026-03-01T11:00:00+00:00")
    ticks.now = 100.0
    with pytest.raises(LimitReached) as caught:
        found.check()
    assert "mostly waiting for his (1 answer, 1 next page, 2x timeout: gave up);" in caught.value.message.en
    assert (
        "vooral met wachten op his (1 antwoord, 1 volgende bladzijde, 2x timeout: het wachten opgegeven);"
        in caught.value.message.nl
    )


# -- the breaker -----------------------------------------------------------------------------------


def test_three_equal_failures_open_the_breaker_and_say_since_when():
    found, _ = endurance()
    for second in range(3):
        found.check(URL, party="his")
        found.seen(URL, "his", ERROR, f"2026-03-01T11:00:0{second}+00:00")
    with pytest.raises(LimitReached) as caught:
        found.check("https://his.example/fhir/Other", party="his")
    error = caught.value
    assert (error.limit, error.cause) == ("host", "his")
    assert error.message == unreachable("his", "2026-03-01T11:00:00+00:00", ERROR)
    assert "niet bereikbaar sinds 2026-03-01 11:00:00 UTC" in error.message.nl
    assert error.received == f"not reachable since 2026-03-01T11:00:00+00:00: {ERROR}"
    found.check("https://elders.example/", party="his")


@pytest.mark.parametrize(
    "errors",
    [
        [ERROR, ERROR],
        [ERROR, ERROR, "", ERROR, ERROR],
        [ERROR, ERROR, "connect: refused", ERROR, ERROR],
        ["protocol: content coding: broken"] * 5,
        [f"{ENDED}closed by us"] * 5,
    ],
    ids=["two", "an answer between", "another failure between", "nonsense", "ended by us"],
)
def test_less_than_that_does_not(errors):
    found, _ = endurance()
    for error in errors:
        found.seen(URL, "his", error, "2026-03-01T11:00:00+00:00")
    found.check(URL, party="his")


def test_our_own_mocks_never_open_it():
    found, _ = endurance()
    for _ in range(5):
        found.seen(URL, "pgo", ERROR, "2026-03-01T11:00:00+00:00")
    found.check(URL, party="pgo")


def test_a_his_behind_our_dvza_that_is_gone_is_asked_three_times(tmp_path: Path):
    path = tmp_path / "network.yaml"
    path.write_text(NETWORK.format(fhir="http://127.0.0.1:9/fhir"), encoding="utf-8")
    network = read_network(path)
    limits = Endurance(Limits(), not_ours(network))
    with start(network, t=date(2026, 3, 1), endurance=limits) as running:
        with pytest.raises(LimitReached) as caught:
            running.drive(CELL, "collect")
        done = running.recorder.exchanges(CELL.key)
        with pytest.raises(LimitReached):
            running.drive(CELL, "again")
        later = running.recorder.exchanges(CELL.key)[len(done) :]
    assert caught.value.cause == "his-x"
    upstream = [item for item in done if item.flow == "upstream"]
    assert len(upstream) == 3 and len({item.error for item in upstream}) == 1
    assert upstream[0].started[:19].replace("T", " ") in caught.value.message.nl
    assert later and not [item for item in later if item.interface == "resource"]


# -- a run that only reads -------------------------------------------------------------------------

SELF = "zelfmetingen-2.0"


def reading(folder: Path, *, live: bool) -> tuple[Network, Endurance, Cell]:
    """A network with a standard that sends."""
    text = NETWORK.format(fhir="http://127.0.0.1:9/fhir").replace("huisartsgegevens-2.0", SELF)
    if not live:
        text = (
            text.replace("kind: live", "kind: twin")
            .replace(', fhir: "http://127.0.0.1:9/fhir", patient: header X-Patient', "")
            .replace(',\n     fhir: "http://127.0.0.1:9/fhir", patient: header X-Patient', "")
        )
    path = folder / "network.yaml"
    path.write_text(text, encoding="utf-8")
    network = read_network(path)
    cell = Cell(his="his-x", dvza="dvza-x", pgo="pgo-x", standard=SELF, release="mm-2.2")
    return network, Endurance(Limits(read_only=True), not_ours(network)), cell


@pytest.mark.parametrize("flow", ["share", "readback"])
def test_what_sends_to_a_live_party_is_not_driven(tmp_path: Path, flow: str):
    network, limits, cell = reading(tmp_path, live=True)
    with start(network, t=date(2026, 3, 1), endurance=limits) as running:
        with pytest.raises(LimitReached) as caught:
            running.drive(cell, flow)
        assert running.recorder.exchanges(cell.key) == []
    assert caught.value.limit == "read-only" and caught.value.message.nl.startswith("niet getest")


def test_no_request_that_writes_leaves_for_a_live_party(tmp_path: Path):
    """Whatever flow it belongs to; tokens are asked with POST all the same."""
    network, limits, cell = reading(tmp_path, live=True)
    with start(network, t=date(2026, 3, 1), endurance=limits) as running:
        session = running.authorized(cell, "collect")
        assert session.values["token"]
        before = len(running.recorder.exchanges(cell.key))
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            with pytest.raises(LimitReached):
                session.send(session.pgo.back(), method, "https://x/", interface="resource", operation="x")
        assert len(running.recorder.exchanges(cell.key)) == before
        assert session.may_send("GET")


def test_among_our_own_mocks_everything_is_driven(tmp_path: Path):
    network, limits, cell = reading(tmp_path, live=False)
    with start(network, t=date(2026, 3, 1), endurance=limits) as running:
        running.drive(cell, "share")
        sent = [item for item in running.recorder.exchanges(cell.key) if item.request.method == "POST"]
    assert any(item.interface == "resource" for item in sent)
