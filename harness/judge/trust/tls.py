"""TLS, certificates and the white list (catalogue ``requirements-tls.yaml``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from harness.core.run.findings import Finding
from harness.core.text import Text, joined
from harness.core.verdicts import Blame
from harness.judge.phrases import ACCEPTED, NONE, REFUSED
from harness.judge.registry import judge
from harness.judge.trust.refusals.findings import refusals
from harness.judge.trust.steps import (
    CARE,
    FRONT,
    Trust,
    host,
    scheme,
    status,
    trust,
    undecided,
)
from harness.judge.view import CellView
from harness.pki import ncsc

ORGANISATION: Final = re.compile(r"(?:^|[,+])O=")
AT_ONCE: Final = Text(nl="meteen aanvaard", en="accepted at once")
VALID_CERTIFICATE: Final = Text(nl="een geldig clientcertificaat", en="a valid client certificate")
REDIRECT_ONLY: Final = Text(nl="redirect zonder gegevens", en="redirect without data")
PRESENTED: Final = Text(nl="gevraagd en aangeboden", en="asked for and presented")
OUTCOMES: Final[dict[str, Text]] = {
    "accepted": ACCEPTED,
    "refused": REFUSED,
    "not-sent": Text(nl="niet verstuurd", en="not-sent"),
    "unreachable": Text(nl="onbereikbaar", en="unreachable"),
}
"""What may come of a probe."""
RATINGS: Final[dict[ncsc.Rating, Text]] = {
    "good": Text(nl="goed", en="good"),
    "sufficient": Text(nl="voldoende", en="sufficient"),
    "phase-out": Text(nl="uit te faseren", en="phase-out"),
    "insufficient": Text(nl="onvoldoende", en="insufficient"),
}
"""In the words of the NCSC."""
RATED: Final = Text(nl="{cipher} ({rating})", en="{cipher} ({rating})")
NO_TLS_FACTS = Text(
    nl="er zijn geen TLS-gegevens vastgelegd (proxy of uitgaand http)",
    en="no TLS facts were recorded (proxy or plain http)",
)


PROVEN: Final = (9, 10)
"""OpenSSL's numbers for a certificate of a known authority that is not valid yet, or no more."""
NOT_OURS: Final = Text(
    nl="het certificaat staat op naam van dit PGO, maar komt niet van de test-CA; wie het aanbood staat "
    "daarmee niet vast. Gebruik het certificaat en de sleutel uit de map handout (of --pki met eigen CA's).",
    en="the certificate names this PGO, but is not of the test CA; so it is not certain who presented it. "
    "Use certificate and key of the handout folder (or --pki with CAs of your own).",
)


def refused_certificates(cell: Trust, requirement: str, server: str) -> Iterator[Finding]:
    """Handshakes that a server ended because of the certificate that the PGO presented.

    :param server: id of the server.
    """
    view = cell.view
    came = [item for item in view.exchanges if item.tls is not None and item.tls.client is not None]
    for item in view.find(interface="tls", operation="refused"):
        if item.client != cell.pgo or item.server != server:
            continue
        told = item.error.removeprefix("tls: ")
        proven = item.notes.get("handshake", {}).get("verify") in PROVEN
        if any(
            one.server == server and one.client == cell.pgo and one.started > item.started for one in came
        ):
            yield view.warn(
                requirement,
                exchange=item,
                path="client certificate",
                expected=AT_ONCE,
                received=told,
                blame=Blame.PRODUCT if proven else Blame.CONFIGURATION,
            )
        elif proven:
            yield view.fail(
                requirement,
                exchange=item,
                path="client certificate",
                expected=VALID_CERTIFICATE,
                received=told,
            )
        else:
            yield view.inconclusive(requirement, NOT_OURS, exchange=item, received=told)


@judge("MM-TLS-001")
def only_tls(view: CellView) -> Iterator[Finding]:
    """core.tls.300: https everywhere in the flows, and plain http refused by the probe."""
    cell = trust(view)
    for item in cell.positive_exchanges:
        if scheme(item.request.url) != "https":
            yield view.fail(
                "MM-TLS-001", exchange=item, expected="https", received=scheme(item.request.url) or "?"
            )
    probes = [item for item in cell.flow("probe-tls") if item.operation.startswith("probe-http")]
    if not probes:
        yield undecided(cell, "MM-TLS-001")
    for item in probes:
        answer = item.response
        if answer is None or answer.status >= 400:
            yield view.ok("MM-TLS-001", item)
        elif answer.status in (301, 302, 307, 308) and not answer.body.strip().startswith((b"{", b"<?xml")):
            yield view.ok("MM-TLS-001", item, received=REDIRECT_ONLY)
        else:
            yield view.fail("MM-TLS-001", exchange=item, expected=REFUSED, received=status(item))


@judge("MM-TLS-002", "MM-TLS-003")
def probed_tls(view: CellView) -> Iterator[Finding]:
    """core.tls.301, .304: what the probes of versions and cipher classes saw.

    A probe is one exchange with notes ``probe`` (``version`` or ``suites``), ``offered``, ``outcome``
    (``accepted``, ``refused``, ``not-sent``, ``unreachable``) and ``allowed``.
    """
    cell = trust(view)
    yield from _negotiated(cell)
    for requirement, kind in (("MM-TLS-002", "version"), ("MM-TLS-003", "suites")):
        seen = [item for item in cell.flow("probe-tls") if item.notes.get("probe") == kind]
        if not seen:
            yield undecided(cell, requirement)
        for item in seen:
            offered, outcome = str(item.notes.get("offered", "")), item.notes.get("outcome")
            wanted = "accepted" if item.notes.get("allowed") else "refused"
            optional = bool(item.notes.get("optional"))
            if outcome in ("not-sent", "unreachable"):
                reason = Text(nl=f"{offered}: niet te proberen", en=f"{offered}: could not be tried")
                yield view.inconclusive(requirement, reason, exchange=item, received=OUTCOMES[str(outcome)])
            elif outcome == wanted or (optional and outcome == "refused"):
                yield view.ok(
                    requirement, item, received=joined(offered, OUTCOMES[str(outcome)], separator=" ")
                )
            else:
                yield view.fail(
                    requirement,
                    exchange=item,
                    path=offered,
                    expected=joined(offered, OUTCOMES[wanted], separator=" "),
                    received=joined(offered, OUTCOMES.get(str(outcome), str(outcome)), separator=" "),
                )


def _negotiated(cell: Trust) -> Iterator[Finding]:
    """What the connections of the main flows negotiated; good ones need no finding of their own."""
    view = cell.view
    judged: set[tuple[str, str, str]] = set()
    for item in cell.positive_exchanges:
        facts = item.tls
        if facts is None or not facts.version:
            continue
        key = (host(item.request.url), facts.version, facts.cipher)
        if key in judged:
            continue
        judged.add(key)
        version, rating = ncsc.version(facts.version), ncsc.suite_rating(facts.cipher)
        if version is None or not version.allowed:
            yield view.fail("MM-TLS-002", exchange=item, expected="TLS 1.2 | 1.3", received=facts.version)
        if rating is None:
            reason = Text(
                nl="onbekende cipher suite; niet in de NCSC-tabel",
                en="unknown cipher suite; not in the NCSC table",
            )
            yield view.inconclusive("MM-TLS-003", reason, exchange=item, received=facts.cipher)
        elif rating != "good":
            received = RATED.format(cipher=facts.cipher, rating=RATINGS[rating])
            yield view.fail("MM-TLS-003", exchange=item, expected=RATINGS["good"], received=received)


@judge("MM-TLS-004", "MM-TLS-005")
def server_certificates(view: CellView) -> Iterator[Finding]:
    """core.tls.315: no wildcard names; the front-channel certificate is organisation validated."""
    cell = trust(view)
    judged: set[str] = set()
    front_seen = False
    for item in cell.positive_exchanges:
        facts = item.tls.server if item.tls else None
        if facts is None or facts.sha256 in judged:
            continue
        judged.add(facts.sha256)
        wild = [name for name in facts.dns_names if name.startswith("*")]
        if wild:
            yield view.fail(
                "MM-TLS-004",
                exchange=item,
                path="subjectAltName",
                expected=host(item.request.url),
                received=wild[0],
            )
        else:
            yield view.ok("MM-TLS-004", item)
        if item.interface in FRONT:
            front_seen = True
            if ORGANISATION.search(facts.subject):
                yield view.ok("MM-TLS-005", item)
            else:
                yield view.fail(
                    "MM-TLS-005", exchange=item, path="subject", expected="O=…", received=facts.subject
                )
    if not judged:
        yield view.inconclusive("MM-TLS-004", NO_TLS_FACTS)
    if not front_seen:
        yield undecided(cell, "MM-TLS-005", NO_TLS_FACTS)


@judge("MM-TLS-006", "MM-TLS-007")
def client_certificates(view: CellView) -> Iterator[Finding]:
    """Mutual TLS is demanded, and the host of the certificate must be on the white list."""
    cell = trust(view)
    yield from _presented(cell)
    yield from refusals(cell, "MM-TLS-006")
    yield from refusals(cell, "MM-TLS-007")


def _presented(cell: Trust) -> Iterator[Finding]:
    """On token and resource connections of the main flows a client certificate was asked and presented."""
    judged: set[tuple[str, str]] = set()
    for item in cell.positive_exchanges:
        if item.interface not in ("token", *CARE) or item.response is None or item.tls is None:
            continue
        key = (host(item.request.url), item.tls.client.sha256 if item.tls.client else "")
        if key in judged or not item.tls.version:
            continue
        judged.add(key)
        if item.tls.client is None:
            yield cell.view.fail(
                "MM-TLS-006",
                exchange=item,
                path="client certificate",
                expected=PRESENTED,
                received=NONE,
            )
