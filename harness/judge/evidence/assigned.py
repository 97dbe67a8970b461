"""Every recorded exchange ends in a finding or stands in a list with the reason why not (*niet toegewezen*).

A pure function of recordings, findings and catalogue, so that old runs have the list too. An exchange is
*assigned* when a finding points at it, or when a requirement about its step was looked at and answered in its
cell: of a variant the requirements that name its flow, of an ordinary flow those of its interface. What is
only known by address (``unknown`` …) is assigned to nothing of itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Final

import msgspec

from harness.core.run.exchanges import Exchange
from harness.core.run.findings import Finding
from harness.core.run.folder import RunFolder
from harness.core.run.info import RunInfo
from harness.core.run.limits import CLEAN_UP, ENDED
from harness.core.verdicts import Verdict
from harness.judge.catalogue import Catalogue
from harness.judge.cells import cell_exchanges
from harness.judge.hops import UPSTREAM
from harness.record.chain.read import judged_unit
from harness.record.chain.units import shared_units

ORDINARY: Final = ("", "collect", "share", "again", UPSTREAM)
"""Flows that are no variant: what a PGO does of itself."""
UNSAID: Final = (Verdict.NOT_TESTED, Verdict.NOT_APPLICABLE, Verdict.ERROR)
"""Verdicts for which nothing was looked at."""
JUDGED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "list": ("MM-LST-", "MM-CLI-001", "MM-CLI-004"),
    "authorization": ("MM-AUT-", "MM-CLI-005", "MM-CLI-006"),
    "login": ("MM-CON-", "MM-AUT-", "MM-CLI-"),
    "consent": ("MM-CON-", "MM-AUT-", "MM-CLI-"),
    "redirect": ("MM-AUT-", "MM-CLI-"),
    "token": ("MM-TOK-", "MM-CLI-013", "MM-CLI-018"),
    "resource": ("MM-RSC-", "MM-CLI-019", "MM-CLI-020"),
    "document": ("MM-RSC-", "MM-CLI-019", "MM-CLI-020"),
    "probe": ("MM-TLS-",),
}
"""Which requirements speak of an ordinary exchange of an interface (beginnings of ids)."""
_NOISE: Final = ("/favicon.ico", "/robots.txt", "/health", "/healthz", "/ping", "/apple-touch-icon.png")


class Reason(str, Enum):
    """Why an exchange is assigned to nothing."""

    NO_PARTY = "no-party"
    """Nobody that the network file knows."""
    NO_FLOW = "no-flow"
    """A known party, but no login, code, token or provider that was seen."""
    UNKNOWN_ADDRESS = "unknown-address"
    """A known party at an address or host that nothing is offered at."""
    FOREIGN = "foreign-traffic"
    """What browsers and monitors ask of any host."""
    BEFORE_SESSION = "before-session"
    AFTER_SESSION = "after-session"
    OTHER_PROVIDER = "other-provider"
    OTHER_STANDARD = "other-standard"
    OTHER_RELEASE = "other-release"
    OTHER_CERTIFICATE = "other-certificate"
    OTHER_CLIENT = "other-client"
    """Not what the session of that PGO is about."""
    ENDED = "ended"
    """We ended it ourselves, as a budget was used up: that is said as the reason of what is undecided."""
    NOT_ASKED = "not-asked"
    """The run was not asked a requirement about it, or could not look at it."""


_TOLD: Final = frozenset(item.value for item in Reason)


class Unassigned(msgspec.Struct, frozen=True, kw_only=True):
    """An exchange that ends in no finding.

    :ivar exchange: its id; ``cell`` the key of its cell, ``""`` when it belongs to none.
    :ivar what: interface and operation; ``answer`` the status, or why there was none.
    :ivar party: participant id of the client, when the network file knows it.
    """

    exchange: str
    cell: str
    client: str
    server: str
    what: str
    answer: str
    reason: Reason
    party: str = ""


def unassigned(
    folder: RunFolder, info: RunInfo, findings: Iterable[Finding], catalogue: Catalogue
) -> Iterator[Unassigned]:
    """The exchanges of a run that end in no finding, cell by cell, then what belongs to no cell.

    :param findings: of the whole run; what holds for another cell counts there too.
    :raises EvidenceError: a recording is damaged.
    """
    said: dict[str, list[Finding]] = {}
    for one in findings:
        for key in (one.cell.key, *one.holds_for):
            said.setdefault(key, []).append(one)
    parties = {item.id for item in info.participants}
    copied: set[str] = set()
    for cell in info.plan:
        exchanges = cell_exchanges(folder, cell)
        copied.update(str(item.notes["seen"]) for item in exchanges if "seen" in item.notes)
        yield from of_cell(exchanges, said.get(cell.key, ()), catalogue, parties)
    for name in shared_units(folder.path):
        shared = judged_unit(folder.path, name, run=folder.run)
        for item in shared.exchanges if shared is not None else ():
            if item.notes.get("seen") not in copied and item.flow != CLEAN_UP:
                yield _unassigned(item, parties)


def of_cell(
    exchanges: Sequence[Exchange], findings: Iterable[Finding], catalogue: Catalogue, parties: set[str]
) -> Iterator[Unassigned]:
    """The exchanges of one cell that end in none of these findings.

    :param findings: those of the cell and those that hold for it.
    :param parties: ids of the network file.
    """
    listed = list(findings)
    pointed = {item.where.exchange for item in listed}
    looked = {item.requirement for item in listed if item.verdict not in UNSAID}
    flows = {flow for name in looked if name in catalogue for flow in catalogue[name].flows}
    own = any(name in catalogue and catalogue[name].standard for name in looked)
    for item in exchanges:
        if item.id in pointed or (known(item) and _spoken_of(item, looked, flows, own)):
            continue
        yield _unassigned(item, parties)


def known(item: Exchange) -> bool:
    """Whether the message itself says which step it is."""
    return not item.operation.startswith("unknown") and not item.operation.endswith("-without-flow")


def _spoken_of(item: Exchange, looked: set[str], flows: set[str], own: bool) -> bool:
    if item.flow not in ORDINARY:
        return item.flow in flows
    if item.interface in ("resource", "document") and own:
        return True
    beginnings = JUDGED_BY.get(item.interface, ())
    return bool(beginnings) and any(name.startswith(beginnings) for name in looked)


def _unassigned(item: Exchange, parties: set[str]) -> Unassigned:
    return Unassigned(
        exchange=item.id,
        cell=item.cell,
        client=item.client,
        server=item.server,
        what=f"{item.interface}/{item.operation}",
        answer=str(item.response.status) if item.response is not None else item.error,
        reason=_reason(item, parties),
        party=item.client if item.client in parties else "",
    )


def _reason(item: Exchange, parties: set[str]) -> Reason:
    told = item.notes.get("unassigned")
    if told in _TOLD:
        return Reason(told)
    if item.error.startswith(ENDED):
        return Reason.ENDED
    if item.request.url.partition("?")[0].endswith(_NOISE):
        return Reason.FOREIGN
    if item.client not in parties:
        return Reason.NO_PARTY
    if item.operation.startswith("unknown") and item.interface in ("probe", "list"):
        return Reason.UNKNOWN_ADDRESS
    return Reason.NOT_ASKED if item.cell else Reason.NO_FLOW
