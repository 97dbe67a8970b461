"""What each exchange depends on, read from what was recorded."""

from __future__ import annotations

import pytest
from drivenkit import drive

from harness.core.run.exchanges import Exchange, Fact, Request, Response
from harness.judge.depends import depends

BASE = "https://mtls.dvza.example/fhir"
FORM = "https://inlog.dvza.example"


def step(number: int, interface: str, url: str = BASE, **fields: object) -> Exchange:
    given: dict[str, object] = {
        "id": f"x.{number:04d}",
        "cell": "",
        "interface": interface,
        "flow": "collect",
        "operation": "hg-patient-json",
        "client": "pgo-1",
        "server": "dvza-a",
        "started": f"2026-03-01T11:00:{number:02d}Z",
        "request": Request(method="GET", url=url),
        "response": Response(status=200),
        **fields,
    }
    return Exchange(**given)  # type: ignore[arg-type]


def fact(kind: str, place: str, tag: str) -> tuple[Fact, ...]:
    return (Fact(tag=f"[{kind}:{tag}]", kind=kind, place=place),)


def of_last(*exchanges: Exchange) -> tuple[str, ...]:
    return depends(exchanges)[exchanges[-1].id]


def test_a_driven_flow_hangs_together_from_the_list_to_the_data() -> None:
    exchanges = drive("mm-2.2", ("collect",))[1]
    found = depends(exchanges)
    name = {item.id: item.operation for item in exchanges}
    told = {name[key]: [name[item] for item in value] for key, value in found.items()}
    assert told["list-zal"] == []
    assert told["authorize"] == ["list-zal"]
    assert (told["landing"], told["login"], told["consent"]) == (["authorize"], ["landing"], ["login"])
    assert told["token-code"] == ["consent"]
    assert all(told[key] == ["token-code"] for key in told if key.startswith(("hg-", "fhir-")))


@pytest.mark.parametrize("kind", ["code", "token", "refresh"])
def test_what_is_carried_comes_from_who_gave_it_last(kind: str) -> None:
    first = step(1, "token", facts=fact(kind, "response.body", "a1"))
    second = step(2, "token", facts=fact(kind, "response.body", "a1"))
    other = step(3, "token", facts=fact(kind, "response.body", "b2"))
    use = step(4, "token", facts=fact(kind, "request.form.x", "a1"))
    assert of_last(first, second, other, use) == ("x.0002",)


@pytest.mark.parametrize(
    "facts",
    [fact("cookie", "request.header.cookie", "a1"), fact("token", "request.header.x", "unknown"), ()],
    ids=["another kind", "given by nobody", "nothing"],
)
def test_nothing_is_made_up(facts: tuple[Fact, ...]) -> None:
    given = step(1, "token", facts=(*fact("cookie", "response.x", "a1"), *fact("token", "response.x", "b2")))
    assert of_last(given, step(2, "token", facts=facts)) == ()


def test_what_an_exchange_gives_it_does_not_depend_on_itself() -> None:
    both = (*fact("token", "request.form.x", "a1"), *fact("token", "response.body", "a1"))
    assert of_last(step(1, "token", facts=both)) == ()


def test_an_authorization_request_needs_the_list_of_its_own_client_and_pages_each_other() -> None:
    mine = step(1, "list", operation="list-zal")
    names = step(2, "list", operation="list-gnl")
    theirs = step(3, "list", operation="list-zal", client="pgo-2")
    start = step(4, "authorization", f"{FORM}/authorize", operation="authorize")
    page = step(5, "login", f"{FORM}/login", operation="login")
    elsewhere = step(6, "login", f"{FORM}/login", operation="login", flow="share")
    found = depends([mine, names, theirs, start, page, elsewhere])
    assert (found["x.0004"], found["x.0005"], found["x.0006"]) == (("x.0001",), ("x.0004",), ())


def test_a_redirect_of_an_authorization_request_begins_nothing() -> None:
    zal = step(1, "list", operation="list-zal")
    moved = Response(status=302, headers=(("Location", "/authorize/2?x=1"),))
    start = step(2, "authorization", f"{FORM}/authorize", operation="authorize", response=moved)
    follow = step(3, "authorization", f"{FORM}/authorize/2?x=1", operation="authorize")
    fresh = step(4, "authorization", f"{FORM}/authorize", operation="authorize")
    found = depends([zal, start, follow, fresh])
    assert (found["x.0003"], found["x.0004"]) == (("x.0002",), ("x.0001",))


PAGED = b'{"link":[{"relation":"next","url":"%b/Observation?page=2&amp;x=1"}]}' % BASE.encode()
REFERS = b'{"entry":[{"content":{"attachment":{"url":"Binary/b-7"}}}]}'


@pytest.mark.parametrize(
    ("body", "url", "depends_on"),
    [
        (PAGED, f"{BASE}/Observation?page=2&x=1", ("x.0001",)),
        (PAGED.replace(b"/", b"\\/"), f"{BASE}/Observation?page=2&x=1", ("x.0001",)),
        (REFERS, f"{BASE}/Binary/b-7", ("x.0001",)),
        (REFERS, f"{BASE}/Binary/b-77", ()),
        (PAGED, f"{BASE}/Observation?page=3&x=1", ()),
        (PAGED, BASE, ()),
        (b"\xff\xfe" + REFERS, f"{BASE}/Binary/b-7", ("x.0001",)),
        (b"", f"{BASE}/Binary/b-7", ()),
    ],
    ids=["page", "escaped page", "document", "longer name", "other page", "base", "no UTF-8", "empty"],
)
def test_an_address_comes_from_the_answer_that_names_it(
    body: bytes, url: str, depends_on: tuple[str, ...]
) -> None:
    answer = step(1, "resource", f"{BASE}/Observation?x=1", response=Response(status=200, body=body))
    assert of_last(answer, step(2, "resource", url)) == depends_on
    assert of_last(answer, step(2, "resource", url, client="pgo-2")) == ()


def test_a_self_link_is_not_where_a_request_comes_from() -> None:
    url = f"{BASE}/Observation?x=1"
    said = Response(status=200, body=b'{"link":[{"relation":"self","url":"%b"}]}' % url.encode())
    assert of_last(step(1, "resource", url, response=said), step(2, "resource", url)) == ()
