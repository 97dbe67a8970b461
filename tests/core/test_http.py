"""What counts as the same in HTTP: each rule with an equal and a different pair, and properties over them."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.http import addresses, credentials, media

PROPERTY = settings(max_examples=300, deadline=None, derandomize=True)
WORD = st.text("abcdefghijklmnopqrstuvwxyzABCDEFXYZ0123456789-._~", min_size=1, max_size=8).filter(
    lambda word: word.strip(".") != ""
)


@st.composite
def spelled(draw: st.DrawFn) -> tuple[str, str]:
    """A URL, and another spelling of the same address."""
    labels = draw(st.lists(st.from_regex(r"[a-z][a-z0-9]{0,6}", fullmatch=True), min_size=2, max_size=4))
    segments = draw(st.lists(WORD | st.sampled_from(["%2F", "%C3%A9", "a%20b"]), max_size=4))
    port = draw(st.sampled_from(["", "8443"]))
    plain = f"https://{'.'.join(labels)}{':' + port if port else ''}/{'/'.join(segments)}"

    def respelled(segment: str) -> str:
        def one(match: re.Match[str]) -> str:
            if match.group().startswith("%"):
                return draw(st.sampled_from([match.group().lower(), match.group().upper()]))
            code = f"%{ord(match.group()):02x}"
            return draw(st.sampled_from([match.group(), code, code.upper()]))

        return re.sub(r"%[0-9A-F]{2}|.", one, segment)

    host = "".join(draw(st.sampled_from([c, c.upper()])) for c in ".".join(labels))
    shown = f":{port}" if port else draw(st.sampled_from(["", ":", ":443", ":0443"]))
    scheme = draw(st.sampled_from(["https", "HTTPS", "Https"]))
    path = "/".join(respelled(segment) for segment in segments)
    detour = draw(st.sampled_from(["", "./", "x/../", "x/y/../../"]))
    tail = draw(st.sampled_from(["", "?a=1", "#f", "?#"]))
    return plain, f"{scheme}://{host}{shown}/{detour}{path}{tail}"


@PROPERTY
@given(spelled())
def test_spellings_of_one_address_are_one(pair: tuple[str, str]) -> None:
    plain, other = pair
    assert addresses.same(plain, other)
    assert addresses.normal(addresses.normal(other)) == addresses.normal(plain)
    assert addresses.below(other, plain)


@PROPERTY
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_can_be_compared(left: str, right: str) -> None:
    assert addresses.same(left, left)
    assert addresses.same(left, right) == addresses.same(right, left)
    addresses.below(left, right)
    addresses.parameters(left)
    addresses.spellings(left)


@pytest.mark.parametrize(
    "other",
    [
        "http://a.example/x/y",
        "https://a.example:8443/x/y",
        "https://a.example./x/y",
        "https://b@a.example/x/y",
        "https://a.example/x//y",
        "https://a.example/x/y/",
        "https://a.example/X/y",
        "https://a.example/x%2Fy",
        "https://a.example/x/%2579",
        "https://a.example.evil.example/x/y",
        "https://evil.example/x/y?https://a.example/x/y",
        "a.example/x/y",
    ],
)
def test_what_is_another_address(other: str) -> None:
    assert not addresses.same("https://a.example/x/y", other)


def test_an_address_below_another() -> None:
    assert addresses.below("https://A.example:443/fhir/Patient?x", "https://a.example/fhir/")
    assert not addresses.below("https://a.example/fhir2/Patient", "https://a.example/fhir")
    assert not addresses.below("https://a.example/fhir/../other", "https://a.example/fhir")


@PROPERTY
@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=5), st.randoms())
def test_order_and_coding_of_parameters_do_not_matter(pairs, random) -> None:  # type: ignore[no-untyped-def]
    written = [f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs]
    shuffled = [part.replace("%20", "+") for part in written]
    random.shuffle(shuffled)
    assert addresses.parameters("&".join(written)) == addresses.parameters("&".join(shuffled))


def test_what_makes_another_query() -> None:
    one = addresses.parameters("a=1&b")
    assert one == addresses.parameters("b=&a=1") != addresses.parameters("a=1&B")
    assert one != addresses.parameters("a=1;b") and one != addresses.parameters("a=1&b&b")


def test_links_of_a_server_are_found_at_each_spelling() -> None:
    pattern = addresses.spellings("https://his.example/fhir")
    text = "https://HIS.example:443/fhir/Patient https://his.example/fhir?x https://his.example/fhir2/a"
    assert pattern.sub("B", text) == "B/Patient B?x https://his.example/fhir2/a"
    other = addresses.spellings("http://10.0.0.1:8080/fhir/")
    assert other.sub("B", 'HTTP://10.0.0.1:8080/fhir" http://10.0.0.1/fhir') == 'B" http://10.0.0.1/fhir'


@PROPERTY
@given(
    st.sampled_from(["application/fhir+json", "APPLICATION/FHIR+JSON", "Application/fhir+Json"]),
    st.permutations([("charset", "utf-8"), ("fhirVersion", "3.0")]),
    st.booleans(),
    st.sampled_from(["", " ", "\t", "  "]),
    st.booleans(),
)
def test_spellings_of_one_media_type(name, parameters, capitals, space, quotes) -> None:  # type: ignore[no-untyped-def]
    parts = [
        f"{key.upper() if capitals else key}=" + (f'"{value}"' if quotes else value)
        for key, value in parameters
    ]
    found = media.parse_media(f"{space}{name}{space};{space}" + f"{space};{space}".join(parts) + space)
    assert found == media.Media("application/fhir+json", {"charset": "utf-8", "fhirversion": "3.0"})


@pytest.mark.parametrize("text", ["", "json", "a/", "/b", "a/b/c", "a b/c", "a/b,c/d", "a/b" + ";" * 5000])
def test_what_is_no_media_type(text: str) -> None:
    assert media.parse_media(text) is None


def test_ranges_come_best_first() -> None:
    found = media.parse_accept('text/html;q=0.2, */*;q=.1, a/b;p="x,y;z=\\"1", c/d;q=0, nonsense, e/f;q=nan')
    assert [item.name for item in found] == ["a/b", "text/html", "*/*"]
    assert found[0].parameters == {"p": 'x,y;z="1'}
    assert media.parse_accept("a/b," * 5000) == []


@pytest.mark.parametrize(
    ("accept", "weight"),
    [
        ("*/*", 1), ("a/*;q=0.5, */*", 0.5), ("a/b;q=0, a/*", 0), ("a/b;q=0.1, a/b;q=0.3", 0.3), ("c/d", 0), ("", 0),
    ],
)  # fmt: skip
def test_the_most_specific_range_decides(accept: str, weight: float) -> None:
    assert media.weight_of("a/b", media.ranges_of(accept)) == weight


@PROPERTY
@given(st.text(max_size=80))
def test_any_text_can_be_read_as_media(text: str) -> None:
    assert all(0 < item.quality <= 1 for item in media.parse_accept(text))


@PROPERTY
@given(
    st.sampled_from(["Bearer", "bearer", "BEARER", "bEaReR"]),
    st.integers(1, 4),
    st.from_regex(r"[A-Za-z0-9\-._~+/]{1,20}={0,2}", fullmatch=True),
    st.sampled_from(["", " ", "\t "]),
)
def test_spellings_of_one_credential(scheme: str, blanks: int, token: str, around: str) -> None:
    assert credentials.bearer_token(f"{around}{scheme}{' ' * blanks}{token}{around}") == token


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer ", "Bearer\tabc", "Bearer abc def", "Bearer abc,def", "Basic abc", "abc"]
)
def test_what_is_no_bearer_credential(value: str) -> None:
    assert credentials.bearer_token(value) is None


def test_directives() -> None:
    assert "no-store" in credentials.directives(['private="a,b", No-Store', "max-age=0"])
    assert "no-store" not in credentials.directives(["private, x-no-store", 'a="no-store"'])
