"""Waivers (*ontheffingen*): agreements that a finding does not stand in the way of a verdict until a date.

A waiver is owned by the vendor and approved by somebody of the bureau, both by name. It names the
*fingerprint* of a finding, which is the same in every run and cell that has the same fault; so it never
covers another fault of the same requirement. What it covers is counted and told on page 1; a waiver that no
longer covers anything has to go (:mod:`harness.judge.outcome.waiving`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Final

import msgspec
import yaml

from harness.core.algebra import Key
from harness.core.errors import ConfigurationError
from harness.core.ids import same_name
from harness.core.normal.changing import steady
from harness.core.run.findings import Finding
from harness.core.text import Text
from harness.core.yamlfile import load_yaml

DIGITS: Final = 16
LONGEST: Final = timedelta(days=366)
"""How far ahead a waiver may end: what may stay for longer is no agreement to repair."""
_BOUND: Final = re.compile(r"(?<=[<>]= )\d+\b")
Fingerprint = Annotated[str, msgspec.Meta(pattern=f"^[0-9a-f]{{{DIGITS}}}$")]


class Waiver(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One agreement.

    :ivar fingerprint: of the finding that it covers.
    :ivar requirement: id, for people; it has to be that of the finding.
    :ivar reason: why the fault may stay for now.
    :ivar issue: where its repair is followed.
    :ivar owner: who repairs it, at the vendor.
    :ivar approver: who agreed, at the bureau.
    :ivar expires: last day on which it holds.
    """

    fingerprint: Fingerprint
    requirement: str
    reason: str
    issue: str
    owner: str
    approver: str
    expires: date

    def valid(self, day: date) -> bool:
        """Whether it holds on a day."""
        return day <= self.expires

    def check(self, where: str, day: date) -> None:
        """Whether it is an agreement between two people, with an end.

        :param day: the day on which it is looked at.
        :raises ConfigurationError: a field says nothing, who repairs the fault agreed with that as well, or
            it ends too far ahead.
        """
        if self.expires > day + LONGEST:
            raise ConfigurationError(
                Text(nl="eindigt te ver vooruit", en="ends too far ahead"),
                where=where,
                expected=f"expires ≤ {(day + LONGEST).isoformat()}",
                received=self.expires.isoformat(),
            )
        empty = [name for name in ("reason", "issue", "owner", "approver") if not getattr(self, name).strip()]
        if empty:
            raise ConfigurationError(
                Text(nl="mag niet leeg zijn", en="may not be empty"), where=where, received=", ".join(empty)
            )
        if same_name(self.owner, self.approver):
            raise ConfigurationError(
                Text(
                    nl="wie herstelt, kan niet zelf akkoord geven: dat doet iemand van het bureau",
                    en="who repairs it cannot approve it as well: somebody of the bureau does",
                ),
                where=where,
                received=self.approver,
            )


def fingerprint(key: Key, item: Finding) -> str:
    """What a finding has in common with the same fault in other cells and runs, 16 hex digits.

    Of requirement, party, standard, release, what was expected, rule, and the place without ids, dates, ports
    and positions in lists. A bound (``<= 2``) is what one answer allowed: another answer with the same fault
    may allow another number.

    :param key: what the finding counts for.
    """
    parts = (*key, _BOUND.sub("#", steady(item.expected)), item.rule, steady(item.where.path))
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:DIGITS]


def read_waivers(path: Path, day: date) -> tuple[Waiver, ...]:
    """The waivers of a YAML file.

    :param day: the day on which they are read.

    :raises ConfigurationError: it cannot be read, a field is missing, a date does not exist, two people are
        the same one, one ends too far ahead, or two waivers have the same fingerprint; names the line.
    """
    document = load_yaml(path, "waivers")
    found: dict[str, Waiver] = {}
    for index, raw in enumerate(document.data["waivers"]):
        try:
            item = msgspec.convert(raw, Waiver)
        except msgspec.ValidationError:  # all but the calendar is in the schema
            raise ConfigurationError(
                Text(nl="is geen datum", en="is not a date"),
                where=document.where("waivers", index, "expires"),
                expected="YYYY-MM-DD",
                received=str(raw["expires"]),
            ) from None
        item.check(document.where("waivers", index), day)
        if item.fingerprint in found:
            raise ConfigurationError(
                Text(nl="er is al een ontheffing voor deze bevinding", en="this finding has a waiver"),
                where=document.where("waivers", index, "fingerprint"),
                received=item.fingerprint,
            )
        found[item.fingerprint] = item
    return tuple(found.values())


def encode(waivers: Iterable[Waiver]) -> bytes:
    """Waivers as the YAML file that :func:`read_waivers` reads."""
    rows = [msgspec.to_builtins(item) for item in waivers]
    text: str = yaml.safe_dump({"waivers": rows}, allow_unicode=True, sort_keys=False, width=100)
    return text.encode()
