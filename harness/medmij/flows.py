"""The variant flows as typed data (``profiles/afsprakenstelsel/flows.yaml``): what a driver changes.

Data only: drivers live in ``harness.network``, judges look at the recording under the flow's name.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import msgspec

from harness.core.data import data_path
from harness.core.errors import UsageError, nearest
from harness.core.text import Text
from harness.core.yamlfile import load_yaml
from harness.medmij.releases import Function, release_ids

Step = Literal[
    "lists", "authorize", "landing", "login", "consent", "token", "metadata", "resource", "refresh", "probe",
    "refusals",
]  # fmt: skip
CertificateKind = Literal[
    "own", "none", "other-pgo", "self-signed", "untrusted", "expired", "not-on-whitelist"
]
PersonKind = Literal["default", "no-data", "no-relation", "age-15", "age-16", "failure"]


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """Changes to parameters or headers: ``set`` replaces, ``remove`` drops, ``add`` appends."""

    set: dict[str, str] = {}
    remove: tuple[str, ...] = ()
    add: tuple[tuple[str, str], ...] = ()

    def apply(self, pairs: list[tuple[str, str]], values: dict[str, str]) -> list[tuple[str, str]]:
        """``pairs`` with the changes; ``{placeholders}`` in new values come from ``values``."""

        def fill(text: str) -> str:
            for name, value in values.items():
                text = text.replace("{" + name + "}", value)
            return text

        kept = [(name, value) for name, value in pairs if name not in self.remove and name not in self.set]
        return (
            kept
            + [(name, fill(value)) for name, value in self.set.items()]
            + [(name, fill(value)) for name, value in self.add]
        )


class TokenStep(Changes, frozen=True, kw_only=True):
    """Changes to the token request; ``times`` offers the code again, ``wait`` seconds before it."""

    certificate: CertificateKind = "own"
    times: int = 1
    wait: float = 0


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """What the person answers."""

    answer: Literal["yes", "no"] = "yes"
    long: bool = False


class ResourceStep(msgspec.Struct, frozen=True, kw_only=True):
    """Changes to the (first) resource request."""

    authorization: Literal["token", "none", "garbage", "malformed"] = "token"
    place: Literal["header", "query", "body"] = "header"
    certificate: CertificateKind = "own"
    headers: Changes = Changes()
    query: Changes = Changes()
    wait: float = 0


class RefreshStep(msgspec.Struct, frozen=True, kw_only=True):
    """Refreshing ``times``; ``reuse`` offers the first refresh token again, ``withdraw`` consent first."""

    times: int = 1
    reuse: bool = False
    withdraw: bool = False


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One variant flow.

    :ivar subject: role under test.
    :ivar server: switches of our DVZA or stelselnode twin while this flow runs (subject ``pgo``).
    :ivar repeat: how often, per intensity.
    :ivar beside: another person who walks the same steps each time, before or after the first in turns: pairs
        that differ in the person only.
    :ivar waiting: needs real waiting towards live parties.
    """

    name: str
    title: Text
    subject: Literal["dvza", "pgo", "stelselnode"]
    steps: tuple[Step, ...]
    requirements: tuple[str, ...]
    function: Function = "collect"
    releases: tuple[str, ...] = msgspec.field(default_factory=release_ids)
    authorize: Changes = Changes()
    landing: Literal["continue", "cancel"] = "continue"
    person: PersonKind = "default"
    beside: PersonKind | None = None
    consent: Consent = Consent()
    token: TokenStep = TokenStep()
    resource: ResourceStep = ResourceStep()
    refresh: RefreshStep = RefreshStep()
    repeat: dict[str, int] = {}
    waiting: bool = False
    server: tuple[str, ...] = ()


@cache
def variants() -> dict[str, Variant]:
    """All variant flows by name.

    :raises ConfigurationError: the data file is wrong.
    """
    document = load_yaml(data_path("profiles", "afsprakenstelsel", "flows.yaml"), schema="flows")
    found = msgspec.convert(document.data["flows"], list[Variant], strict=False)
    return {item.name: item for item in found}


def variant(name: str) -> Variant:
    """One variant flow.

    :raises UsageError: unknown name, with the nearest known one.
    """
    if name not in variants():
        hint = nearest(name, variants())
        raise UsageError(
            Text(nl=f"onbekende stroom '{name}'", en=f"unknown flow '{name}'"),
            next_step=Text(nl=f"bedoelde u '{hint}'?", en=f"did you mean '{hint}'?") if hint else "",
        )
    return variants()[name]
