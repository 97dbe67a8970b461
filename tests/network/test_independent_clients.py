"""Programs that we did not write talk to our DVZA and stelselnode: Authlib, curl, OpenSSL."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from pathlib import Path

import httpx
import pytest
from authlib.integrations.httpx_client import OAuth2Client

from harness.core.findings import Cell
from harness.medmij import pages
from harness.medmij.lists import parse, url
from harness.medmij.releases import release
from harness.network.connect import httpx_transport
from harness.network.running import RunningNetwork
from harness.network.twins.stelselnode import list_host
from harness.pki.contexts import client_context

RELEASE = release("mm-2.2")


def endpoints(running: RunningNetwork, cell: Cell) -> tuple[str, str, str, str]:
    """MedMij name, authorize, token and FHIR base of the cell's HIS, read from the published list."""
    zal = running.stelselnode.document("zal", cell.release)
    his = running.network.participant(cell.his)
    provider = zal.provider(his.provider_name)  # type: ignore[union-attr]
    service = provider.service("49", RELEASE.interface_version)
    return (
        provider.name.removesuffix("@medmij"),
        service.authorization_endpoint,
        service.token_endpoint,
        service.roles[0].resource_endpoint,
    )


def walk(browser: httpx.Client, page_url: str, person: str) -> str:
    """Fill the forms as a person would; the URL of the redirect back to the client."""
    answer = browser.get(page_url)
    for _ in range(6):
        if answer.is_redirect:
            return answer.headers["location"]
        page = pages.parse(answer.content, str(answer.url))
        assert page is not None
        assert page.forms, page.text
        form = page.forms[0]
        data = {item.name: item.value for item in form.controls if item.kind == "hidden"}
        if any(item.kind == "radio" for item in form.controls):
            data["person"] = person
        button = next(item for item in form.controls if item.kind == "submit")
        answer = browser.post(form.action, data={**data, button.name: button.value})
    raise AssertionError("no redirect")


def test_authlib_completes_the_flow(running: RunningNetwork, cell: Cell) -> None:
    name, authorize, token_endpoint, fhir = endpoints(running, cell)
    pgo = running.network.participant(cell.pgo)
    back = client_context(running.pki.client(pgo.pgo_host), trust=running.pki.trust("back"))
    client = OAuth2Client(
        client_id=pgo.pgo_host,
        redirect_uri=pgo.redirect,
        scope=name,
        token_endpoint_auth_method="none",  # the certificate authenticates
        transport=httpx_transport(running.connect, back),
    )
    correlation = str(uuid.uuid4())
    ids = {"MedMij-Request-ID": str(uuid.uuid4()), "X-Correlation-ID": correlation}
    target, state = client.create_authorization_url(authorize, **ids)
    front = client_context(trust=running.pki.trust("front"))
    with httpx.Client(transport=httpx_transport(running.connect, front)) as browser:
        returned = walk(browser, target, running.network.person_of(cell))
    assert returned.startswith(pgo.redirect)
    headers = {"MedMij-Request-ID": str(uuid.uuid4()), "X-Correlation-ID": correlation}
    token = client.fetch_token(token_endpoint, authorization_response=returned, state=state, headers=headers)
    assert token["token_type"] == "Bearer"
    assert token["expires_in"] == 900
    answer = client.get(
        f"{fhir}/Patient",
        headers={**headers, "Accept": "application/fhir+json; fhirVersion=3.0"},
    )
    assert answer.status_code == 200
    assert answer.json()["resourceType"] == "Bundle"
    with pytest.raises(Exception, match="invalid_grant"):
        client.fetch_token(token_endpoint, authorization_response=returned, state=state, headers=headers)
    client.close()


def test_a_wrong_state_is_seen_by_authlib(running: RunningNetwork, cell: Cell) -> None:
    client = OAuth2Client(client_id="x", redirect_uri="https://x.example/", state="a")
    with pytest.raises(Exception, match="state"):
        client.fetch_token(
            "https://t.example/", authorization_response="https://x.example/?code=c&state=b", state="a"
        )


def material(running: RunningNetwork, cell: Cell, folder: Path) -> tuple[Path, Path, Path]:
    certificate, key = running.pki.client(running.network.participant(cell.pgo).pgo_host).write(folder)
    trust = folder / "trust.pem"
    trust.write_bytes(running.pki.trust("back"))
    return certificate, key, trust


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_fetches_a_list_with_a_client_certificate(
    running: RunningNetwork, cell: Cell, tmp_path: Path
) -> None:
    certificate, key, trust = material(running, cell, tmp_path)
    host = list_host(running.network, cell.release)
    address, port = running.connect.resolve(host, 443)
    command = [
        "curl",
        "-sS",
        "--noproxy",
        "*",
        "--cacert",
        str(trust),
        "--connect-to",
        f"{host}:443:{address}:{port}",
    ]
    target = url(host, "whl", RELEASE)
    own = ["--cert", str(certificate), "--key", str(key)]
    fetched = subprocess.run([*command, *own, target], capture_output=True, check=True, timeout=20)
    assert parse("whl", fetched.stdout, RELEASE).document is not None
    without = subprocess.run([*command, target], capture_output=True, check=False, timeout=20)
    assert without.returncode != 0
    assert without.stdout == b""


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_s_client_verifies_the_token_server(
    running: RunningNetwork, cell: Cell, tmp_path: Path, version: str
) -> None:
    certificate, key, trust = material(running, cell, tmp_path)
    _, _, token_endpoint, _ = endpoints(running, cell)
    host = httpx.URL(token_endpoint).host
    address, port = running.connect.resolve(host, 443)
    command = [
        "openssl", "s_client", version, "-connect", f"{address}:{port}", "-servername", host,
        "-verify_hostname", host, "-verify_return_error", "-x509_strict", "-CAfile", str(trust),
        "-cert", str(certificate), "-cert_chain", str(certificate), "-key", str(key), "-brief", "-ign_eof",
    ]  # fmt: skip
    request = f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    seen = subprocess.run(command, input=request, capture_output=True, check=False, timeout=20)
    text = (seen.stdout + seen.stderr).decode("utf-8", "replace")
    assert "Verification: OK" in text, text
    assert "HTTP/1.1 404" in text


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_s_client_is_refused_with_an_old_version(running: RunningNetwork, cell: Cell, tmp_path: Path) -> None:
    _, _, token_endpoint, _ = endpoints(running, cell)
    host = httpx.URL(token_endpoint).host
    address, port = running.connect.resolve(host, 443)
    command = [
        "openssl",
        "s_client",
        "-tls1_1",
        "-cipher",
        "ALL:@SECLEVEL=0",
        "-connect",
        f"{address}:{port}",
    ]
    seen = subprocess.run(
        [*command, "-servername", host], input=b"", capture_output=True, check=False, timeout=20
    )
    assert seen.returncode != 0
