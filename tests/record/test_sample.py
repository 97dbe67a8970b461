"""What a sample of secrets shows of whoever made them, and what it cannot show."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import secrets
import uuid
from collections.abc import Callable

import pytest

from harness.record.sample import Samples, measure

Make = Callable[[int], str]
STRONG: dict[str, Make] = {
    "256 bits": lambda n: secrets.token_urlsafe(32),
    "128 bits": lambda n: secrets.token_hex(16),
    "uuid4": lambda n: str(uuid.uuid4()),
    "prefix": lambda n: f"dvza_{secrets.token_urlsafe(24)}",
    "jwt": lambda n: signed({"alg": "RS256"}, n),
}
WEAK: dict[str, Make] = {
    "counter": lambda n: str(100_000 + n),
    "padded": lambda n: f"{n:064x}",
    "base64": lambda n: base64.urlsafe_b64encode(f"{n:032d}".encode()).decode(),
    "after a prefix": lambda n: f"vast-voorvoegsel-van-veertig-tekens-{n:08d}",
    "clock": lambda n: f"{1_700_000_000_000_000_000 + n * 1_000_003}",
    "eight digits": lambda n: f"{random.randrange(10**8):08d}",
    "24 free bits": lambda n: "A" * 32 + secrets.token_hex(3),
    "four letters": lambda n: "".join(random.choice("ACGT") for _ in range(24)),
    "same": lambda n: "altijd-dezelfde-waarde-0123456789",
}


def signed(header: dict[str, str], number: int, signature: str = "c2ln") -> str:
    parts = [json.dumps(item).encode() for item in (header, {"jti": secrets.token_hex(16), "n": number})]
    return ".".join([*(base64.urlsafe_b64encode(item).rstrip(b"=").decode() for item in parts), signature])


def caught(values: list[str]) -> bool:
    found = measure(values)
    return bool(found.duplicates or found.growing or found.unsigned or 0 <= found.bits < 64)


@pytest.mark.parametrize("name", STRONG)
@pytest.mark.parametrize("count", [3, 12, 30, 64])
def test_good_values_are_never_accused(name: str, count: int) -> None:
    for _ in range(20):
        found = measure([STRONG[name](number) for number in range(count)])
        assert not (found.duplicates or found.growing or found.unsigned), found
        assert found.bits == -1 or found.bits > 100, found


@pytest.mark.parametrize("name", WEAK)
def test_what_can_be_guessed_is_seen_in_thirty_values(name: str) -> None:
    assert caught([WEAK[name](number) for number in range(30)])


def test_fewer_than_thirty_values_say_nothing_of_positions() -> None:
    assert measure([WEAK["eight digits"](n) for n in range(29)]).bits == -1
    assert not measure([WEAK["counter"](n) for n in range(11)]).growing


@pytest.mark.parametrize("token", [signed({"alg": "none"}, 1), signed({"alg": "RS256"}, 1, "")])
def test_a_token_that_nobody_signed_is_counted(token: str) -> None:
    assert measure([token]).unsigned == 1
    assert measure([signed({"alg": "RS256"}, 1)]).unsigned == 0


def test_a_hash_of_a_counter_passes() -> None:
    """What a sample cannot see, so that nobody believes otherwise."""
    assert not caught([hashlib.sha256(str(n).encode()).hexdigest() for n in range(200)])


def test_nothing_is_said_before_all_values_are_there() -> None:
    samples = Samples(2)
    samples.add("code", "a" * 40)
    samples.add("code", "")
    assert samples.facts() == {}
    samples.add("code", "b" * 40)
    assert samples.facts()["code"].count == 2
