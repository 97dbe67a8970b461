"""How outsiders reach a served network: a forward proxy, a hosts snippet, and what to print of both."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

from harness.core.errors import UsageError
from harness.core.text import Text
from harness.medmij.lists.writing import url
from harness.medmij.releases import LIST_KINDS, oldest_first, release
from harness.network.running import RunningNetwork
from harness.network.twins.stelselnode import list_host
from harness.network.wire.forward import ForwardProxy

LEAST_SECRET: Final = 16
"""Fewest characters of the secret of a reverse proxy."""


def list_addresses(running: RunningNetwork) -> dict[str, dict[str, str]]:
    """The complete address of each list, by release and kind."""
    network = running.network
    releases = oldest_first(item for participant in network.participants for item in participant.releases)
    return {
        name: {kind: url(list_host(network, name), kind, release(name)) for kind in LIST_KINDS}
        for name in releases
    }


def open_proxy(running: RunningNetwork, address: str, port: int) -> int:
    """Start a forward proxy for the public names; returns the port.

    :raises UsageError: it cannot listen there.
    """
    connect = running.hosts.connect

    def resolve(host: str, asked: int) -> tuple[str, int] | None:
        return connect.resolve(host, asked) if connect.mapped(host, asked) else None

    def unknown(name: str) -> None:
        sys.stderr.write(f"proxy: {name} ?\n")
        sys.stderr.flush()

    try:
        return int(running.hosts.hosting.call(ForwardProxy(resolve, unknown).start(address, port)))
    except OSError as error:
        raise UsageError(
            Text(nl="hier kan niet worden geluisterd", en="cannot listen here"),
            where=f"{address}:{port}",
            received=error.strerror or str(error),
        ) from None


def read_secret(path: Path | None) -> str:
    """The secret of a reverse proxy.

    :raises UsageError: there is none, or a short one.
    """
    try:
        found = path.read_text(encoding="ascii").strip() if path is not None else ""
    except (OSError, UnicodeDecodeError) as error:
        found, why = "", str(error)
    else:
        why = f"{len(found)}"
    if len(found) < LEAST_SECRET:
        raise UsageError(
            Text(
                nl="--behind vraagt een geheim dat alleen de reverse proxy kent",
                en="--behind wants a secret that only the reverse proxy knows",
            ),
            where="--behind-secret",
            expected=f">= {LEAST_SECRET} characters (openssl rand -hex 16)",
            received=why,
        )
    return found


def shown_address(address: str, public_host: str) -> str:
    """The address that others use for a listener: the public one, else what it listens at."""
    found = public_host or ("127.0.0.1" if address in ("0.0.0.0", "::") else address)  # noqa: S104
    return f"[{found}]" if ":" in found else found


def settings(running: RunningNetwork, proxy: str, trust: str, listen: str) -> dict[str, Any]:
    """What a foreign product is given: one setting with the proxy, or lines for its hosts file.

    :param proxy: URL of the forward proxy.
    :param trust: file with the trust anchors.
    :param listen: address that all names are served at, port 443; ``""``: they are at ports of their own.
    """
    names = sorted(
        name.removesuffix(":443") for name in running.hosts.connect.entries() if name.endswith(":443")
    )
    host, _, port = proxy.removeprefix("http://").rpartition(":")
    return {
        "proxy": proxy,
        "one_setting": {
            "environment": f"HTTPS_PROXY={proxy}",
            "java": f"-Dhttps.proxyHost={host.strip('[]')} -Dhttps.proxyPort={port}",
            "chromium": f"--proxy-server={proxy}",
        },
        "trust_setting": {"python": f"SSL_CERT_FILE={trust}", "node": f"NODE_EXTRA_CA_CERTS={trust}"},
        "hosts_file": [f"{listen.strip('[]')} {name}" for name in names] if listen else [],
    }
