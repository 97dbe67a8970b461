"""A client of somebody else: it knows MedMij, httpx, and what ``harness serve`` prints; nothing of the harness.

Usage: ``python client.py SERVED.json`` where the file holds the first line of ``harness serve --json``. Its one
setting is ``HTTPS_PROXY``; the trust file and its certificate come with the handout. It reads the list,
lets a person log in and consent, gets a token, and asks the first resource.
"""

from __future__ import annotations

import json
import os
import re
import ssl
import sys
import time
import uuid
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit
from xml.etree import ElementTree

import httpx

STEPS = ({"action": "continue"}, {"action": "login"}, {"action": "yes"})
"""What the person presses on the three pages."""
SERVICE = "49"
"""GegevensdienstId of Huisartsgegevens."""


def main(told: dict, started: float) -> int:
    """Walk through; exit status 0 when data came."""
    os.environ["HTTPS_PROXY"] = told["reach"]["proxy"]
    pgo, person = told["pgo"][0], told["persons"][0]["id"]
    plain = ssl.create_default_context(cafile=told["trust"]["both"])
    mutual = ssl.create_default_context(cafile=told["trust"]["both"])
    mutual.load_cert_chain(pgo["certificate"], str(Path(pgo["certificate"]).with_suffix(".key")))
    release = list(told["lists"])[-1]
    with httpx.Client(verify=mutual, timeout=30) as back, httpx.Client(verify=plain, timeout=30) as front:
        address = told["lists"][release]["zal"]
        listed = back.get(address)
        say(started, f"GET {address}", listed)
        provider, service = first_service(listed.content)
        asked = {
            "response_type": "code",
            "client_id": pgo["client_id"],
            "redirect_uri": pgo["redirect_uri"],
            "scope": provider,
            "state": uuid.uuid4().hex,
            "MedMij-Request-ID": str(uuid.uuid4()),
            "X-Correlation-ID": str(uuid.uuid4()),
        }
        page = front.get(f"{service['authorize']}?{urlencode(asked)}")
        say(started, f"GET {service['authorize']}", page)
        for pressed in STEPS:
            page = submit(front, page, {**pressed, "person": person})
            say(started, f"POST {page.request.url}", page)
        back_home = parse_qs(urlsplit(page.headers.get("location", "")).query)
        if back_home.get("state") != [asked["state"]] or "code" not in back_home:
            print(f"no code: {back_home}")
            return 1
        ids = {"X-Correlation-ID": asked["X-Correlation-ID"]}
        token = back.post(
            service["token"],
            data={
                "grant_type": "authorization_code",
                "code": back_home["code"][0],
                "redirect_uri": pgo["redirect_uri"],
                "client_id": pgo["client_id"],
            },
            headers={**ids, "MedMij-Request-ID": str(uuid.uuid4())},
        )
        say(started, f"POST {service['token']}", token)
        data = back.get(
            f"{service['resource']}/Patient?_include=Patient:general-practitioner",
            headers={
                **ids,
                "MedMij-Request-ID": str(uuid.uuid4()),
                "Authorization": f"Bearer {token.json()['access_token']}",
                "Accept": "application/fhir+json; fhirVersion=3.0",
            },
        )
        say(started, f"GET {service['resource']}/Patient", data)
        print(f"{data.json()['resourceType']} with {len(data.json().get('entry', []))} entries")
        return 0 if data.status_code == 200 else 1


def first_service(body: bytes) -> tuple[str, dict[str, str]]:
    """The first provider of the list with the addresses of Huisartsgegevens, of its newest Interfaceversie."""
    root = ElementTree.fromstring(body)
    space = root.tag.partition("}")[0] + "}"
    provider = next(root.iter(f"{space}Zorgaanbieder"))
    name = next(provider.iter(f"{space}Zorgaanbiedernaam")).text or ""
    offered = [
        item
        for item in provider.iter(f"{space}Gegevensdienst")
        if next(item.iter(f"{space}GegevensdienstId")).text == SERVICE
    ]
    tags = {
        "authorize": "AuthorizationEndpointuri",
        "token": "TokenEndpointuri",
        "resource": "ResourceEndpointuri",
    }
    found = {key: next(offered[-1].iter(f"{space}{tag}")).text or "" for key, tag in tags.items()}
    return name.removesuffix("@medmij"), found


def submit(front: httpx.Client, page: httpx.Response, values: dict[str, str]) -> httpx.Response:
    """Press a button of the form on a page."""
    action = re.search(r'action="([^"]+)"', page.text)
    hidden = dict(re.findall(r'name="(transaction)" value="([^"]+)"', page.text))
    return front.post(urljoin(str(page.url), action[1] if action else ""), data={**hidden, **values})


def say(started: float, what: str, answer: httpx.Response) -> None:
    """One line of progress."""
    print(f"{time.monotonic() - started:6.2f} s  {answer.status_code}  {what[:100]}", flush=True)


if __name__ == "__main__":
    sys.exit(main(json.loads(Path(sys.argv[1]).read_text()), time.monotonic()))
