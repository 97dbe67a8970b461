"""The bureau's challenge and the identifiers that are bound to it."""

from __future__ import annotations

import hashlib
import hmac
import threading
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.run import challenge
from harness.core.run.challenge import Minter, Seen, check_minted, identifier, seen_in
from harness.core.run.exchanges import Exchange, Request
from harness.core.run.problems import EvidenceError, ProblemKind

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SALT, NONCE = b"s" * 32, b"n" * 32
UNIQUE = {"medmij-request-id"}


def test_identifiers_are_hmacs_in_the_shape_of_uuid_4() -> None:
    """Against the formula, computed apart."""
    for number in (0, 1, 7 << 32 | 5, 2**64 - 1):
        digest = bytearray(hmac.new(SALT, NONCE + number.to_bytes(8, "big"), hashlib.sha256).digest()[:16])
        digest[6] = digest[6] & 0x0F | 0x40
        digest[8] = digest[8] & 0x3F | 0x80
        text = digest.hex()
        expected = "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
        made = identifier(SALT, NONCE, number)
        assert made == expected
        assert uuid.UUID(made).version == 4
        assert uuid.UUID(made).variant == uuid.RFC_4122


def test_twenty_thousand_identifiers_of_many_cells_are_all_different() -> None:
    made = [Minter(SALT, NONCE, cell, attempt) for cell in range(20) for attempt in range(2)]
    assert len({minter() for minter in made for _ in range(500)}) == 20_000
    assert identifier(SALT, b"", 0) != identifier(SALT, NONCE, 0)


def test_threads_share_a_minter() -> None:
    minter, made = Minter(SALT, NONCE, 3), []

    def work() -> None:
        for _ in range(200):
            made.append(minter())

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == sorted(identifier(SALT, NONCE, 3 << 32 | n) for n in range(1000))


def test_numbers_have_limits() -> None:
    for cell, attempt in ((-1, 0), (1 << 32, 0), (0, 256), (0, -1)):
        with pytest.raises(ValueError):
            Minter(SALT, NONCE, cell, attempt)
    minter = Minter(SALT, NONCE, 0)
    minter._count = 1 << 24
    with pytest.raises(OverflowError):
        minter()


def exchange(
    number: int, client: str = "pgo-1", url: str = "https://a.example/x", **headers: str
) -> Exchange:
    return Exchange(
        id=f"x.{number}",
        interface="resource",
        flow="collect",
        operation="o",
        client=client,
        server="dvza-a",
        started="",
        request=Request(
            method="GET", url=url, headers=tuple((k.replace("_", "-"), v) for k, v in headers.items())
        ),
    )


def test_identifiers_are_found_in_headers_and_queries_of_our_own_requests() -> None:
    recording = [
        exchange(1, url="https://a.example/authorize?state=x&MedMij-Request-ID=r0&X-Correlation-ID=c0#f"),
        exchange(2, MedMij_Request_ID="r1", X_Correlation_ID="c0", Accept="*"),
        exchange(3, client="dvza-a", MedMij_Request_ID="r1"),
        exchange(4, client="live-pgo", MedMij_Request_ID="theirs"),
    ]
    found = list(seen_in(recording, minters={"pgo-1"}, names={"medmij-request-id", "x-correlation-id"}))
    assert [(item.exchange, item.value) for item in found] == [
        ("x.1", "r0"),
        ("x.1", "c0"),
        ("x.2", "r1"),
        ("x.2", "c0"),
    ]


def seen(*items: tuple[str, str]) -> list[Seen]:
    return [Seen(exchange=f"x.{n}", name=name, value=value) for n, (name, value) in enumerate(items)]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    steps=st.lists(st.sampled_from(["request", "flow", "lost"]), max_size=30),
    cell=st.integers(0, 2**32 - 1),
    attempt=st.integers(0, 255),
)
def test_what_was_minted_is_accepted_and_counted(steps: list[str], cell: int, attempt: int) -> None:
    minter = Minter(SALT, NONCE, cell, attempt)
    correlation, items, made = minter(), [], set()
    for step in steps:
        if step == "flow":
            correlation = minter()
        elif step == "lost":
            minter()  # minted for a request that was never sent
        else:
            request = minter()
            items += [("medmij-request-id", request), ("x-correlation-id", correlation)]
            made |= {request, correlation}
    checked = check_minted(
        seen(*items), salt=SALT, nonce=NONCE, cell_index=cell, attempt=attempt, unique=UNIQUE
    )
    assert checked == len(made)


def test_nothing_seen_is_zero_checked() -> None:
    assert check_minted([], salt=SALT, nonce=NONCE, cell_index=0, unique=UNIQUE) == 0


@pytest.mark.parametrize(
    "change",
    [
        "other nonce",
        "other salt",
        "other cell",
        "other attempt",
        "repeated",
        "swapped",
        "random",
        "as correlation",
        "far ahead",
    ],
)
def test_what_was_not_minted_here_is_named(change: str) -> None:
    minter = Minter(SALT, NONCE, 2)
    items = [("medmij-request-id", minter()) for _ in range(5)]
    salt, nonce, cell, attempt = SALT, NONCE, 2, 0
    if change == "other nonce":
        nonce = b"m" * 32
    elif change == "other salt":
        salt = b"t" * 32
    elif change == "other cell":
        cell = 3
    elif change == "other attempt":
        attempt = 1
    elif change == "repeated":
        items[3] = items[2]
    elif change == "swapped":
        items[2], items[3] = items[3], items[2]
    elif change == "random":
        items[3] = ("medmij-request-id", str(uuid.uuid4()))
    elif change == "as correlation":
        items[3] = ("x-correlation-id", items[2][1])
    else:
        items[3] = ("medmij-request-id", identifier(SALT, NONCE, (2 << 32) + 100_000))
    with pytest.raises(EvidenceError) as caught:
        check_minted(seen(*items), salt=salt, nonce=nonce, cell_index=cell, attempt=attempt, unique=UNIQUE)
    assert caught.value.problem.kind is ProblemKind.CHALLENGE
    first = "x.0" if change.startswith("other") else "x.3"
    assert caught.value.problem.where.startswith(first)


def test_the_commitment_binds_the_salt() -> None:
    salt = challenge.new_salt()
    promised = challenge.commitment(salt)
    assert len(salt) == 32
    assert promised == hashlib.sha256(salt).hexdigest()
    challenge.check_commitment(salt, promised, "run.json")
    with pytest.raises(EvidenceError):
        challenge.check_commitment(b"other", promised, "run.json")


def test_a_challenge_has_a_long_nonce_and_expires(tmp_path: Path) -> None:
    made = challenge.new_challenge(NOW, lifetime=timedelta(days=1), issuer="bureau")
    assert len(made.nonce_bytes) * 8 >= 128
    assert challenge.new_challenge(NOW).nonce != made.nonce
    path = tmp_path / "challenge.json"
    path.write_bytes(msgspec.json.encode(made))
    assert challenge.read_challenge(path) == made
    challenge.check_in_time(made, NOW, "run-start.json")
    for moment in (NOW - timedelta(seconds=1), NOW + timedelta(days=1)):
        with pytest.raises(EvidenceError) as caught:
            challenge.check_in_time(made, moment, "run-start.json")
        assert caught.value.problem.kind is ProblemKind.CHALLENGE


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": "00" * 15},
        {"nonce": "zz"},
        {"format": "challenge-2"},
        {"expires": "soon"},
        {"expires": "2026-03-01T12:00:00"},
        {"more": 1},
    ],
)
def test_what_is_no_challenge_is_refused(change: dict[str, object]) -> None:
    content = {**msgspec.to_builtins(challenge.new_challenge(NOW)), **change}
    with pytest.raises(EvidenceError):
        challenge.decode_challenge(msgspec.json.encode(content), "challenge.json")
    with pytest.raises(EvidenceError):
        challenge.decode_challenge(b"[" * 100_000, "challenge.json")
