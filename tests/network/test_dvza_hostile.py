"""Hostile input at every endpoint of our mocks: a proper error, no traceback, no leak, still alive."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.core.run.exchanges import Certificate, Tls
from harness.network.running import RunningNetwork
from harness.network.wire.serving import Incoming, Outgoing

PGO = "pgo.zonnewijzer.example"
TLS = Tls(version="TLSv1.3", client=Certificate(dns_names=(PGO,)))
FRONT, BACK, NODE = "inlog.dvza-eik.example", "mtls.dvza-eik.example", "stelselnode.medmij.example"
GOOD = {
    "response_type": "code",
    "client_id": PGO,
    "redirect_uri": f"https://{PGO}/redirect",
    "scope": "huisarts.wilgenhof",
    "state": "0123456789abcdef",
    "MedMij-Request-ID": "3f0b1c9e-1d7c-4a55-9a8e-0123456789ab",
    "X-Correlation-ID": "3f0b1c9e-1d7c-4a55-9a8e-0123456789ac",
}
NASTY = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "%0d%0aSet-Cookie: a=b",
            "\r\nLocation: https://evil.example",
            "%253A%252F",
            "https://evil.example/redirect",
            f"https://{PGO}.evil.example/redirect",
            f"https://{PGO}@evil.example/redirect",
            "javascript:alert(1)",
            "<script>alert(1)</script>",
            "' or 1=1 --",
            "%00",
            "%",
            "../../../etc/passwd",
            "A" * 5000,
            "😀",
        ]
    ),
)
RAW = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=80)
SETTINGS = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def request(
    host: str, target: str, method: str = "GET", body: bytes = b"", *headers: tuple[str, str]
) -> Incoming:
    path, _, query = target.partition("?")
    return Incoming(
        method=method,
        url=f"https://{host}{target}",
        path=path,
        query=query,
        headers=headers,
        body=body,
        tls=TLS,
    )


def safe(answer: Outgoing) -> Outgoing:
    """What must hold for every answer to nonsense."""
    assert 200 <= answer.status < 500, answer
    assert b"Traceback" not in answer.body
    assert b"/harness/" not in answer.body
    for name, value in answer.headers:
        assert "\r" not in name + value and "\n" not in name + value
        if name == "Location":
            assert value.startswith(f"https://{PGO}/redirect")
            assert "evil" not in value.partition("?")[0]
    assert b"<script>" not in answer.body
    return answer


def call(handler: Any, incoming: Incoming) -> Outgoing:
    return safe(asyncio.run(handler(incoming)))


@SETTINGS
@given(name=st.sampled_from([*GOOD, "extra"]), value=NASTY, again=st.booleans(), raw=st.booleans())
def test_authorization_parameters(
    running: RunningNetwork, name: str, value: str, again: bool, raw: bool
) -> None:
    dvza = running.twins.dvzas["dvza-eik"]
    pairs = {**GOOD, name: value}
    query = "&".join(f"{quote(key, safe='')}={quote(text, safe='')}" for key, text in pairs.items())
    if raw:
        query = query.replace(
            quote(value, safe=""), value.encode("ascii", "ignore").decode().replace("\n", "")
        )
    if again:
        query += f"&{name}={quote(GOOD.get(name, 'x'), safe='')}"
    answer = call(dvza.front, request(FRONT, f"/mm22/authorize?{query}"))
    if name == "redirect_uri" and value != GOOD["redirect_uri"]:
        assert answer.status == 400


@SETTINGS
@given(
    path=RAW,
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "BREW"]),
    body=st.binary(max_size=80),
)
def test_any_path_and_method(running: RunningNetwork, path: str, method: str, body: bytes) -> None:
    dvza = running.twins.dvzas["dvza-eik"]
    form = ("Content-Type", "application/x-www-form-urlencoded")
    for handler, host in ((dvza.front, FRONT), (dvza.back, BACK), (running.twins.stelselnode.handle, NODE)):
        for prefix in ("/", "/mm22/", "/mm22/his-eik/49/fhir/"):
            call(handler, request(host, prefix + path, method, body, form))


@SETTINGS
@given(
    step=st.sampled_from(["landing", "login", "consent", "consents"]),
    transaction=NASTY,
    action=NASTY,
    cookie=NASTY,
)
def test_pages_without_a_session(
    running: RunningNetwork, step: str, transaction: str, action: str, cookie: str
) -> None:
    body = f"transaction={quote(transaction)}&action={quote(action)}".encode()
    header = cookie.encode("latin-1", "ignore").decode("latin-1").replace("\r", "").replace("\n", "")
    incoming = request(
        FRONT,
        f"/mm22/{step}",
        "POST",
        body,
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Cookie", f"__Host-dva={header}"),
    )
    assert call(running.twins.dvzas["dvza-eik"].front, incoming).status == 400


@SETTINGS
@given(
    fields=st.dictionaries(
        st.sampled_from(["grant_type", "code", "refresh_token", "client_id", "redirect_uri", "x"]),
        NASTY,
        max_size=6,
    ),
    kind=st.sampled_from(["application/x-www-form-urlencoded", "application/json", "", "text/plain"]),
    query=RAW,
)
def test_token_endpoint(running: RunningNetwork, fields: dict[str, str], kind: str, query: str) -> None:
    body = "&".join(f"{key}={quote(value, safe='')}" for key, value in fields.items()).encode()
    incoming = request(BACK, f"/mm22/token?{query}", "POST", body, ("Content-Type", kind))
    answer = call(running.twins.dvzas["dvza-eik"].back, incoming)
    assert answer.status in (400, 401)
    assert b'"error"' in answer.body


@SETTINGS
@given(path=RAW, token=RAW, accept=RAW, request_id=RAW)
def test_resource_server_without_a_token(
    running: RunningNetwork, path: str, token: str, accept: str, request_id: str
) -> None:
    incoming = request(
        BACK,
        f"/mm22/his-eik/49/fhir/Patient{path}",
        "GET",
        b"",
        ("Authorization", f"Bearer {token}"),
        ("Accept", accept),
        ("MedMij-Request-ID", request_id),
    )
    answer = call(running.twins.dvzas["dvza-eik"].back, incoming)
    assert answer.status in (400, 401, 403, 404)
    assert b"ZZZ_" not in answer.body


@pytest.mark.parametrize("target", ["/MedMij_Whitelist.xml", "/MedMij_Whitelist.xml?api=3", "/x?api=2", "/"])
def test_unknown_lists(running: RunningNetwork, target: str) -> None:
    assert call(running.twins.stelselnode.handle, request(NODE, target)).status == 404


def test_a_page_of_another_browser_is_refused(running: RunningNetwork) -> None:
    """Mixed-up and replayed steps: the transaction is bound to the browser and to its next step."""
    dvza = running.twins.dvzas["dvza-eik"]
    query = "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in GOOD.items())
    pages = [call(dvza.front, request(FRONT, f"/mm22/authorize?{query}")) for _ in range(2)]
    cookies = [dict(page.headers)["Set-Cookie"].partition(";")[0] for page in pages]
    ids = [page.body.split(b'name="transaction" value="')[1].split(b'"')[0].decode() for page in pages]
    form = ("Content-Type", "application/x-www-form-urlencoded")

    def post(step: str, transaction: str, cookie: str, more: str) -> Outgoing:
        body = f"transaction={transaction}&{more}".encode()
        return call(dvza.front, request(FRONT, f"/mm22/{step}", "POST", body, form, ("Cookie", cookie)))

    assert post("landing", ids[0], cookies[1], "action=continue").status == 400
    assert post("consent", ids[0], cookies[0], "action=yes").status == 400
    assert post("landing", ids[0], cookies[0], "action=continue").status == 200
    assert post("landing", ids[0], cookies[0], "action=continue").status == 400
    assert post("login", ids[0], cookies[0], "action=login&person=hanna-wilgenkamp").status == 200
    done = post("consent", ids[0], cookies[0], "action=yes")
    assert done.status == 302
    assert post("consent", ids[0], cookies[0], "action=yes").status == 400
