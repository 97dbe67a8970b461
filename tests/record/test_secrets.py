"""What is hunted as a secret: everything random, and never a word, a code, a number or a name."""

from __future__ import annotations

import base64
import json
import re
import string
from datetime import UTC, datetime
from functools import cache
from random import Random
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.data import data_path
from harness.core.run.exchanges import Exchange
from harness.network.person.persons import fixture_person
from harness.record import DeclaredPerson, Known, Persons, RawExchange, Redactor
from harness.record.har import to_har
from harness.record.redact import hunted as hunted_module
from harness.record.redact import recognise, tag
from harness.record.redact.hunt import hunted
from harness.record.redact.hunted import LEAST, Hunted
from harness.record.redact.letters import IMPROBABLE, score
from harness.record.redact.tag import Secrets

PERSON = DeclaredPerson(id="hanna", birth_date="1964-05-17")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
FHIR = (("Content-Type", "application/fhir+json"),)


def raw(**changes: object) -> RawExchange:
    base: dict[str, object] = {
        "interface": "resource",
        "flow": "collect",
        "operation": "x",
        "client": "pgo",
        "server": "dvza",
        "started": NOW,
        "duration": 0.0,
        "method": "GET",
        "url": "https://a.example/fhir/Patient",
        "cell": "c",
        "person": "hanna",
        "status": 200,
    }
    return RawExchange(**{**base, **changes})  # type: ignore[arg-type]


def redacted(*exchanges: RawExchange) -> list[Exchange]:
    redactor = Redactor(b"k" * 32, Persons([PERSON]))
    return [redactor.exchange(item, f"x.{number}") for number, item in enumerate(exchanges)]


@cache
def documents() -> tuple[bytes, ...]:
    """Every document of our own person, as it is sent."""
    person = fixture_person("hanna-wilgenkamp")
    assert person is not None
    found = person.resources(datetime(2026, 3, 1).date())
    return tuple(json.dumps(item, default=str).encode() for item in found if item["resourceType"] != "Binary")


@cache
def words() -> tuple[str, ...]:
    """Words of FHIR, of the standards and of the fixtures: names, codes, numbers, dates, sentences."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(data_path("profiles").rglob("*.yaml"))]
    texts += [re.sub(r'"hash": "[^"]*"', "", document.decode()) for document in documents()]
    found = {word for text in texts for word in re.findall(r"[A-Za-z0-9][A-Za-z0-9_.:/-]*", text)}
    found |= {"true", "active", "Patient", "consent", "lang", "session", "sessie", "kenmerk", "nl-NL", "dark"}
    random = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[A-Za-z0-9+/]{60,}|[0-9a-f]{16,}")
    return tuple(sorted(word for word in found if not random.search(word)))


def test_no_word_of_fhir_or_of_the_standards_is_hunted() -> None:
    assert len(words()) > 5000
    wrong = [word for word in words() if hunted(word, announced=False)]
    assert wrong == []


@pytest.mark.parametrize(
    "value",
    ["Observation", "patient", "active", "client_secret", "2026-03-01", "20260301", "123456", "8480-6",
     "geheim", "MedicationStatement", "allergy-intolerance", "huisarts en patient", "", "x1", "3.0.2"],
)  # fmt: skip
def test_a_word_or_number_is_not_hunted_even_when_it_was_announced(value: str) -> None:
    assert not hunted(value, announced=True)


@pytest.mark.parametrize(
    "value",
    ["geheim-van-de-his-123456", "Welkom01!", "s3cret", "qwzrtpl", "1234567890123456", "a b c d 1"],
)
def test_what_was_announced_is_hunted_unless_it_is_ordinary(value: str) -> None:
    assert hunted(value, announced=True)


ALPHABETS = {
    "base64url": string.ascii_letters + string.digits + "-_",
    "alphanumeric": string.ascii_letters + string.digits,
    "base36": string.ascii_lowercase + string.digits,
    "base32": string.ascii_uppercase + "234567",
    "hex": "0123456789abcdef",
}


@pytest.mark.parametrize(
    ("name", "length"), [(name, length) for name in ALPHABETS for length in (22, 32, 43)]
)
def test_random_text_is_told_from_words(name: str, length: int) -> None:
    random = Random(f"{name}{length}")
    values = ["".join(random.choices(ALPHABETS[name], k=length)) for _ in range(2000)]
    assert sum(hunted(value, announced=False) for value in values) >= 1998


def test_the_table_of_letters_is_as_good_as_it_says() -> None:
    long = [word for word in words() if len(word) >= 16 and word.isascii()]
    assert sum(score(word) >= IMPROBABLE for word in long) <= len(long) / 200


# -- in exchanges -----------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None, derandomize=True)
@given(data=st.data())
def test_an_ordinary_cookie_changes_no_byte_of_any_document(data: st.DataObject) -> None:
    """A cookie, parameter or password that is a word, code, number or name never touches documents."""
    value = data.draw(st.sampled_from(words()))
    body = data.draw(st.sampled_from(documents()))
    done = redacted(
        raw(
            interface="login",
            request_headers=(("Cookie", f"consent={value}; lang=nl"),),
            response_headers=(("Set-Cookie", f"consent={value}; Path=/"), ("Content-Type", "text/html")),
            response_body=f"<input type=hidden name=csrf value='{value}'>".encode(),
        ),
        raw(
            interface="token",
            url=f"https://a.example/token?session={quote(value)}",
            response_headers=(("Content-Type", "application/json"),),
            response_body=json.dumps({"secret": value}).encode(),
        ),
        raw(response_headers=FHIR, response_body=body),
    )
    assert done[2].response is not None and done[2].response.body == body
    assert done[2].facts == ()
    cookie = dict(done[0].response.headers)["Set-Cookie"] if done[0].response else ""
    assert cookie.startswith("consent=mask-cookie-") and cookie.endswith("; Path=/")


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10**9),
    form=st.sampled_from(["base64url", "hex", "uuid", "base36"]),
    size=st.integers(16, 40),
)
def test_a_random_token_survives_nowhere(seed: int, form: str, size: int) -> None:
    """Wherever a random value once stood as a secret, it is gone everywhere."""
    random = Random(seed)
    data = random.randbytes(size)
    secret = {
        "base64url": base64.urlsafe_b64encode(data).decode().rstrip("="),
        "hex": data.hex(),
        "uuid": "-".join(
            (data.hex()[:8], data.hex()[8:12], data.hex()[12:16], data.hex()[16:20], data.hex()[20:32])
        ),
        "base36": "".join(random.choices(string.ascii_lowercase + string.digits, k=size + 6)),
    }[form]
    document = {"resourceType": "Basic", "id": "x", "text": {"div": f"<div>see {secret}.</div>"}}
    done = redacted(
        raw(interface="login", response_headers=(("Set-Cookie", f"sessie={secret}; HttpOnly"),)),
        raw(
            url=f"https://a.example/fhir/{secret}?next={quote('https://b.example/?s=' + secret, safe='')}",
            request_headers=(("X-Echo", secret),),
            response_headers=FHIR,
            response_body=json.dumps(document).encode(),
            notes={"seen": [secret]},
            error=f"protocol: {secret}",
        ),
    )
    for exchange in done:
        assert secret not in json.dumps(to_har([exchange]))
    tags = {fact.tag for exchange in done for fact in exchange.facts}
    assert len(tags) == 1
    assert any(fact.place == "response.body:Basic.text.div" for fact in done[1].facts)


def test_a_secret_that_was_announced_goes_whatever_it_looks_like() -> None:
    known = (Known("key", "credential", "geheim-van-de-his-123456"),)
    first, second = redacted(
        raw(request_headers=(("X-Key", "geheim-van-de-his-123456"),), known=known),
        raw(response_headers=FHIR, response_body=b'{"resourceType":"Basic","id":"geheim-van-de-his-123456"}'),
    )
    assert "geheim" not in json.dumps(to_har([first, second]))
    assert first.facts[0].equals == "credential"


def test_a_word_is_hidden_where_it_is_a_secret_and_nowhere_else() -> None:
    first, second = redacted(
        raw(interface="token", url="https://a.example/token?password=Observation"),
        raw(response_headers=FHIR, response_body=b'{"resourceType":"Observation","status":"final"}'),
    )
    assert "Observation" not in first.request.url
    assert second.response is not None and b"Observation" in second.response.body


@given(
    st.lists(
        st.sampled_from(
            ["code", "State", "_csrf", "naam", "=", "%3D", "%253d", "x", "&", " ", "/", "?", ".", "é", '"']
        ),
        max_size=12,
    ).map("".join)
)
def test_a_name_of_a_secret_before_an_equals_sign_is_never_overlooked(text: str) -> None:
    assert recognise.has_pairs(text) or recognise.PAIRS.search(text) is None


@pytest.mark.parametrize("text", ["?code=abc", "x%3Fstate%3Dabc", "(client_secret%253Dabc)"])
def test_pairs_are_found_however_they_are_encoded(text: str) -> None:
    assert [match.group(3) for match in recognise.pairs(text)]


def test_a_text_without_a_secret_has_no_pairs() -> None:
    assert not recognise.has_pairs('<input class="button" value="a=b">')


# -- many secrets ----------------------------------------------------------------------------------


def test_what_was_minted_is_hunted_however_much_is_met_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tag, "_REMEMBERED", 2_000)
    monkeypatch.setattr(hunted_module, "MOST", 500)
    random, secrets = Random(7), Secrets()
    minted = [_token(random) for _ in range(200)]
    for number, secret in enumerate(minted):
        secrets.remember("state", secret, "c" if number % 2 else "", announced=True)
    for _ in range(6_000):
        secrets.remember("cookie", _token(random), "c")
    (cell, shared) = secrets.hunted("c")
    text = " ".join(f"x{secret}y" for secret in minted)
    assert {*cell.found_in(text), *shared.found_in(text)} == set(minted)
    assert all(secrets.known[secret] == ("state", secret) for secret in minted)
    assert len(secrets.known) <= 2_000 + len(minted)
    secrets.leave("c")
    assert [set(item.found_in(text)) for item in secrets.hunted("c")] == [set(minted[::2])]


def test_what_was_met_last_is_hunted_inside_words_and_in_what_is_no_text() -> None:
    random, hunt = Random(8), Hunted()
    met = [_token(random) for _ in range(300)]
    for number, secret in enumerate(met, 1):
        hunt.add(secret, minted=False)
        assert list(hunt.found_in(f"a{secret}b\udcff")) == [secret], number
    assert set(hunt.found_in("-".join(met))) == set(met)


def test_a_secret_is_found_wherever_it_lies_also_among_those_that_begin_alike() -> None:
    random, hunt = Random(10), Hunted()
    met = [f"eyJhbGciOiJSUzI1NiJ9.{_token(random)}"[:length] for length in range(LEAST, 60)]
    for secret in met:
        hunt.add(secret, minted=True)
    for start in range(12):
        for secret in met:
            assert secret in set(hunt.found_in("x" * start + secret + "y" * (start % 3)))
    assert not set(hunt.found_in("eyJhbGciOiJ"))


def test_of_secrets_that_nobody_announced_the_oldest_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hunted_module, "MOST", 500)
    random, hunt = Random(9), Hunted()
    first = _token(random)
    hunt.add(first, minted=False)
    for _ in range(1_500):
        hunt.add(_token(random), minted=False)
    assert list(hunt.found_in(first)) == [] and len(hunt) == 500


def _token(random: Random) -> str:
    return "".join(random.choice(string.ascii_letters + string.digits) for _ in range(43))
