"""Programs that we did not write, against our DVZA: Authlib, curl, OpenSSL, and a real browser."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from harness.network.connect import httpx_transport
from harness.network.running import RunningNetwork
from harness.pki.contexts import client_context

PGO = "pgo.zonnewijzer.example"
REDIRECT = f"https://{PGO}/redirect"
AUTHORIZE = "https://inlog.dvza-eik.example/mm22/authorize"
TOKEN = "https://mtls.dvza-eik.example/mm22/token"
FHIR = "https://mtls.dvza-eik.example/mm22/his-eik/49/fhir"
IDS = {
    "MedMij-Request-ID": "3f0b1c9e-1d7c-4a55-9a8e-0123456789ab",
    "X-Correlation-ID": "3f0b1c9e-1d7c-4a55-9a8e-0123456789ac",
}


def browse(running: RunningNetwork, url: str) -> str:
    """A person in a plain HTTP client: landing, login, consent; the final Location."""
    from harness.network import login

    transport = httpx_transport(running.connect, client_context(trust=running.front_trust()))
    with httpx.Client(transport=transport) as person:
        answer = person.get(url)
        for _ in range(4):
            if answer.is_redirect:
                return answer.headers["location"]
            page = login.pages.parse(answer.content, str(answer.url))
            assert page is not None
            step = login.submission(login.MOCK, page, str(answer.url), {"person": "hanna-wilgenkamp"}, {})
            assert step is not None
            answer = person.post(step.url, content=step.body, headers=step.headers)
    raise AssertionError("no redirect")


def test_authlib_completes_the_flow(running: RunningNetwork) -> None:
    """Authlib makes the authorization URL, exchanges the code and uses the token, over mutual TLS."""
    client = pytest.importorskip("authlib.integrations.httpx_client")
    context = client_context(running.pki.client(PGO), trust=running.back_trust())
    with client.OAuth2Client(
        client_id=PGO,
        redirect_uri=REDIRECT,
        scope="huisarts.wilgenhof",
        token_endpoint_auth_method="none",
        transport=httpx_transport(running.connect, context),
    ) as oauth:
        url, state = oauth.create_authorization_url(AUTHORIZE, **IDS)
        location = browse(running, url)
        assert location.startswith(REDIRECT)
        token = oauth.fetch_token(TOKEN, authorization_response=location, state=state, headers=IDS)
        assert token["token_type"] == "Bearer"
        assert token["expires_in"] == 900
        answer = oauth.get(f"{FHIR}/Patient", headers={"Accept": "application/fhir+json"})
        assert answer.status_code == 200
        assert answer.json()["total"] == 1


@pytest.fixture
def files(running: RunningNetwork, tmp_path: Path) -> Iterator[tuple[Path, Path, Path]]:
    """Certificate, key and trust anchors as files."""
    certificate, key = running.pki.client(PGO).write(tmp_path)
    assert key.stat().st_mode & 0o077 == 0
    trust = tmp_path / "trust.pem"
    trust.write_bytes(running.pki.trust())
    yield certificate, key, trust


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl(running: RunningNetwork, files: tuple[Path, Path, Path]) -> None:
    certificate, key, trust = files
    rules = []
    for public, real in running.connect.entries().items():
        rules += ["--connect-to", f"{public}:{real}"]
    base = [
        "curl",
        "-sS",
        "--noproxy",
        "*",
        "--cacert",
        str(trust),
        *rules,
        "-o",
        "-",
        "-w",
        "\n%{http_code}",
    ]
    lists = "https://stelselnode.medmij.example/MedMij_Whitelist.xml?api=2"
    good = subprocess.run(
        [*base, "--cert", str(certificate), "--key", str(key), lists],
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert good.stdout.endswith(b"200"), good.stderr
    assert PGO.encode() in good.stdout
    bad = subprocess.run([*base, lists], capture_output=True, timeout=30, check=False)
    assert bad.returncode != 0
    page = subprocess.run([*base, AUTHORIZE], capture_output=True, timeout=30, check=False)
    assert page.stdout.endswith(b"400")
    assert b"<html lang" in page.stdout


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_client(running: RunningNetwork, files: tuple[Path, Path, Path]) -> None:
    certificate, key, trust = files
    address, port = running.connect.resolve("mtls.dvza-eik.example", 443)
    command = [
        "openssl", "s_client", "-connect", f"{address}:{port}", "-servername", "mtls.dvza-eik.example",
        "-CAfile", str(trust), "-verify_return_error", "-verify_hostname", "mtls.dvza-eik.example",
        "-cert", str(certificate), "-key", str(key), "-cert_chain", str(certificate), "-quiet",
    ]  # fmt: skip
    request = b"GET /mm22/his-eik/49/fhir/metadata HTTP/1.1\r\nHost: mtls.dvza-eik.example\r\n"
    request += b"Connection: close\r\n\r\n"
    done = subprocess.run(command, input=request, capture_output=True, timeout=30, check=False)
    assert b"HTTP/1.1 200" in done.stdout, done.stderr


@pytest.mark.browser
def test_chromium_gives_consent_without_javascript(running: RunningNetwork, tmp_path: Path) -> None:
    """The whole page flow by keyboard, JavaScript off; labels and headings are there."""
    playwright = pytest.importorskip("playwright.sync_api")
    query = {
        "response_type": "code",
        "client_id": PGO,
        "redirect_uri": REDIRECT,
        "scope": "huisarts.wilgenhof",
        "state": "toestand-0123456789",
        **IDS,
    }
    url = str(httpx.URL(AUTHORIZE, params=query))
    with playwright.sync_playwright() as engine:
        installed = (
            shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        )
        arguments = [f"--host-resolver-rules={running.connect.chromium_rules()}", "--no-sandbox"]
        try:
            browser = engine.chromium.launch(executable_path=installed, args=arguments)
        except playwright.Error as error:
            pytest.skip(f"Chromium cannot be started: {str(error)[:200]}")
        context = browser.new_context(java_script_enabled=False, ignore_https_errors=True, locale="nl-NL")
        page = context.new_page()
        page.goto(url)
        assert page.get_by_role("heading", level=1).count() == 1
        page.screenshot(path=str(tmp_path / "landing.png"))
        page.get_by_role("button", name="Verder naar inloggen").press("Enter")
        page.get_by_label("Hanna ZZZ_Wilgenkamp").press("Space")
        page.screenshot(path=str(tmp_path / "login.png"))
        page.get_by_role("button", name="Inloggen").press("Enter")
        assert not page.get_by_role("checkbox").is_checked()
        assert "Zonnewijzer PGO" in page.inner_text("main")
        assert "Wilgenhof" in page.inner_text("main")
        page.screenshot(path=str(tmp_path / "consent.png"))
        seen: list[str] = []
        page.on("request", lambda request: seen.append(request.url))
        page.get_by_role("button", name="Ja, toestemming geven").press("Enter")
        page.wait_for_timeout(300)
        browser.close()
    back = next(item for item in seen if item.startswith(REDIRECT))
    found = parse_qs(urlsplit(back).query)
    assert found["state"] == ["toestand-0123456789"]
    assert found["code"]
