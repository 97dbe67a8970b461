"""Programs that we did not write complete the flow against our DVZA: Authlib, curl, OpenSSL, Chromium.

The mock network runs in a process of its own (``harness serve``); the clients know what it printed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import pytest

from harness.medmij.pages import parse as parse_page

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SCOPE = "huisarts.wilgenhof"
FRONT, BACK = "inlog.dvza-eik.example", "mtls.dvza-eik.example"
AUTHORIZE, TOKEN = f"https://{FRONT}/mm22/authorize", f"https://{BACK}/mm22/token"
FHIR = f"https://{BACK}/mm22/his-eik/49/fhir"


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[dict[str, Any]]:
    """What ``harness serve --json`` printed."""
    folder = tmp_path_factory.mktemp("served")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HARNESS_")}
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "harness", "serve", "--json"),
            *("--pki", str(folder / "pki"), "--out", str(folder / "run")),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env=environment,
    )
    assert process.stdout is not None
    yield json.loads(process.stdout.readline())
    process.terminate()
    process.wait(timeout=30)


def identity(served: dict[str, Any], number: int = 0) -> tuple[str, str]:
    """Certificate and key of a PGO."""
    certificate = served["pgo"][number]["certificate"]
    return certificate, certificate.removesuffix(".pem") + ".key"


def parameters(**changes: str) -> dict[str, str]:
    """An authorization request of release 2.2."""
    return {
        "response_type": "code",
        "client_id": "pgo.zonnewijzer.example",
        "redirect_uri": "https://pgo.zonnewijzer.example/redirect",
        "scope": SCOPE,
        "state": uuid.uuid4().hex,
        "MedMij-Request-ID": str(uuid.uuid4()),
        "X-Correlation-ID": str(uuid.uuid4()),
        **changes,
    }


def port_of(served: dict[str, Any], host: str) -> int:
    return int(served["connect"][f"{host}:443"].rpartition(":")[2])


# -- curl --------------------------------------------------------------------------------------------


def curl(
    served: dict[str, Any], *words: str, certificate: bool = False, channel: str = "back"
) -> subprocess.CompletedProcess[str]:
    """Run curl with the connect map and trust of the served network."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    mapped = [word for key, value in served["connect"].items() for word in ("--connect-to", f"{key}:{value}")]
    own = ["--cert", identity(served)[0], "--key", identity(served)[1]] if certificate else []
    command = ["curl", "-s", "-S", "-m", "20", "--cacert", served["trust"][channel], *mapped, *own, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_curl_reads_a_list_with_and_is_refused_without_a_certificate(served):
    url = served["lists"]["mm-2.2"]["whl"]
    good = curl(served, url, certificate=True)
    assert good.returncode == 0 and "pgo.zonnewijzer.example" in good.stdout
    assert curl(served, url).returncode != 0


def test_curl_gets_401_without_a_token(served):
    answer = curl(served, "-i", f"{FHIR}/Patient", certificate=True)
    assert answer.stdout.startswith("HTTP/1.1 401") and "www-authenticate: bearer" in answer.stdout.lower()


def test_curl_sees_an_error_page_for_an_unknown_client(served):
    query = urlencode(parameters(client_id="pgo.elders.example", redirect_uri="https://pgo.elders.example/x"))
    answer = curl(served, "-i", f"{AUTHORIZE}?{query}", channel="front")
    assert not re.match(r"HTTP/1\.1 3", answer.stdout) and "location:" not in answer.stdout.lower()
    assert "<html" in answer.stdout


# -- OpenSSL -----------------------------------------------------------------------------------------


def s_client(served: dict[str, Any], host: str, *words: str) -> str:
    """Output of ``openssl s_client`` towards a host of the served network."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    channel = "front" if host == FRONT else "back"
    command = [
        *("openssl", "s_client", "-connect", f"127.0.0.1:{port_of(served, host)}", "-servername", host),
        *("-CAfile", served["trust"][channel], "-verify_hostname", host, *words),
    ]
    result = subprocess.run(command, input="", capture_output=True, text=True, timeout=20, check=False)
    return result.stdout + result.stderr


@pytest.mark.parametrize("host", [FRONT, BACK])
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl_verifies_the_chain_strictly(served, host, version):
    certificate, key = identity(served)
    shown = s_client(served, host, version, "-x509_strict", "-cert", certificate, "-key", key)
    assert "Verify return code: 0 (ok)" in shown, shown[-600:]


@pytest.mark.parametrize("words", [("-tls1_1",), ("-tls1_2", "-cipher", "AES128-SHA")])
def test_openssl_is_refused_with_old_versions_and_weak_suites(served, words):
    shown = s_client(served, BACK, *words)
    assert "Cipher is (NONE)" in shown or "no cipher" in shown.lower() or "error" in shown.lower()


# -- Authlib -----------------------------------------------------------------------------------------


@pytest.fixture
def mapped_names(served, monkeypatch):
    """Resolve the public names to the ports of the served network, for clients that know nothing of us."""
    real = socket.getaddrinfo
    table = {tuple(key.rsplit(":", 1)): value.rsplit(":", 1) for key, value in served["connect"].items()}

    def resolve(host, port, *args, **kwargs):
        name = host.decode() if isinstance(host, bytes) else host
        if (name, str(port)) in table:
            address, number = table[name, str(port)]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, int(number)))]
        return real(host, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def walk(client: Any, url: str, *, consent: str = "") -> str:
    """Walk the pages as a person would (first radio or person offered); returns the final redirect."""
    answer = client.get(url)
    for _ in range(8):
        if answer.is_redirect:
            target = urljoin(str(answer.url), answer.headers["location"])
            if not target.startswith("https://" + FRONT):
                return target
            answer = client.get(target)
            continue
        page = parse_page(answer.content, str(answer.url))
        assert page is not None and page.forms, answer.text[:500]
        form = page.forms[0]
        data: dict[str, str] = {}
        for control in form.controls:
            if control.kind == "radio":
                if control.name not in data and (not consent or consent in control.value):
                    data[control.name] = control.value
            elif control.kind == "submit":
                data.setdefault(control.name, control.value)
            elif control.kind not in ("checkbox",):
                data[control.name] = control.value
        answer = client.post(form.action, data=data)
    raise AssertionError("the pages do not end")


def test_authlib_completes_the_flow(served, mapped_names):
    httpx_client = pytest.importorskip("authlib.integrations.httpx_client")
    httpx = pytest.importorskip("httpx")
    front = ssl.create_default_context(cafile=served["trust"]["front"])
    back = ssl.create_default_context(cafile=served["trust"]["back"])
    back.load_cert_chain(*identity(served))
    request = parameters()
    with httpx_client.OAuth2Client(
        client_id=request["client_id"],
        redirect_uri=request["redirect_uri"],
        scope=request["scope"],
        token_endpoint_auth_method="none",
        verify=back,
    ) as client:
        extra = {name: request[name] for name in ("MedMij-Request-ID", "X-Correlation-ID")}
        url, state = client.create_authorization_url(AUTHORIZE, state=request["state"], **extra)
        with httpx.Client(verify=front) as browser:
            redirect = walk(browser, url)
        assert redirect.startswith(request["redirect_uri"] + "?")
        headers = {"MedMij-Request-ID": str(uuid.uuid4()), "X-Correlation-ID": request["X-Correlation-ID"]}
        token = client.fetch_token(TOKEN, authorization_response=redirect, state=state, headers=headers)
        assert token["token_type"] == "Bearer" and token["expires_in"] == 900
        headers["MedMij-Request-ID"] = str(uuid.uuid4())
        headers["Accept"] = "application/fhir+json; fhirVersion=3.0"
        answer = client.get(f"{FHIR}/Patient", headers=headers)
        assert answer.status_code == 200 and answer.json()["resourceType"] == "Bundle"
        with pytest.raises(Exception, match="invalid_grant"):
            client.fetch_token(TOKEN, authorization_response=redirect, state=state, headers=headers)


# -- Chromium ----------------------------------------------------------------------------------------


@pytest.mark.browser
def test_chromium_walks_the_consent_pages_without_javascript(served, tmp_path):
    sync_api = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    rules = ", ".join(f"MAP {key} {value}" for key, value in served["connect"].items())
    shots = Path(os.environ.get("HARNESS_SCREENSHOTS", tmp_path))
    request = parameters()
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", f"--host-resolver-rules={rules}", "--ignore-certificate-errors"],
        )
        page = browser.new_context(java_script_enabled=False, locale="nl-NL").new_page()
        seen: list[str] = []
        page.on("request", lambda item: seen.append(item.url))
        page.goto(f"{AUTHORIZE}?{urlencode(request)}")
        steps = []
        for number in range(6):
            if not page.url.startswith(f"https://{FRONT}"):
                break
            step = page.locator("body").get_attribute("data-step", timeout=2000)
            if step is None:
                break  # the browser's own page: the redirect_uri of the PGO has no server here
            steps.append(step)
            page.screenshot(path=shots / f"{number}-{step}.png")
            assert page.locator("html").get_attribute("lang") == "nl"
            for control in page.locator("input:visible").all():
                own = page.locator(f"label[for='{control.get_attribute('id')}']").count()
                assert own or control.locator("xpath=ancestor::label").count(), "a control without a label"
            choices = page.locator("input[type=checkbox], input[type=radio]")
            if step == "consent":
                text = page.locator("main").inner_text()
                assert "Huisartsenpraktijk Wilgenhof" in text and "Zonnewijzer PGO" in text
                assert choices.count() and not page.locator("input[type=checkbox]:checked").count()
            elif choices.count():
                choices.first.check()
            page.keyboard.press("Tab")
            try:
                page.locator("button[type=submit]").first.click(timeout=5000)
            except sync_api.Error:
                break  # the redirect_uri of the PGO has no server here
        browser.close()
    assert steps[:3] == ["landing", "login", "consent"], steps
    final = [url for url in seen if url.startswith(request["redirect_uri"])]
    answer = parse_qs(urlsplit(final[0]).query)
    assert answer["state"] == [request["state"]] and answer["code"]
