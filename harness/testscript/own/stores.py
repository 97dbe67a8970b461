"""How our own server is set up per standard and variant of a set: ``profiles/testscripts/self.yaml``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from harness.core.data import data_path
from harness.core.errors import ConfigurationError
from harness.core.text import Text
from harness.core.yamlfile import load_yaml
from harness.testscript.read.model import SetInfo

_KEYS = {
    "name", "standard", "variant", "why", "unsupported", "not_served", "drop",
    "host_documents", "task_needs_response", "compartment_through", "setup_from_variant", "type_prefix",
}  # fmt: skip


@dataclass(frozen=True)
class StoreProfile:
    """One entry of ``self.yaml``."""

    name: str
    standard: str = ".*"
    variant: str = ".*"
    why: str = ""
    unsupported: frozenset[str] = frozenset()
    not_served: frozenset[str] = frozenset()
    drop: frozenset[str] = frozenset()
    host_documents: str = ""
    task_needs_response: bool = False
    type_prefix: bool = False
    compartment_through: frozenset[str] = frozenset()
    setup_from_variant: str = ""

    def fits(self, info: SetInfo) -> bool:
        """Whether a set belongs to this profile."""
        return bool(
            re.fullmatch(self.standard, info.standard, re.IGNORECASE | re.DOTALL)
            and re.fullmatch(self.variant, info.variant or info.role, re.IGNORECASE | re.DOTALL)
        )


@cache
def store_profiles() -> tuple[StoreProfile, ...]:
    """The store profiles of ``self.yaml``.

    :raises ConfigurationError: an unknown key.
    """
    document = load_yaml(data_path("profiles", "testscripts", "self.yaml"))
    found = []
    for number, item in enumerate(document.data["stores"]):
        unknown = set(item) - _KEYS
        if unknown:
            raise ConfigurationError(
                Text(nl=f"onbekende sleutel {sorted(unknown)[0]}", en=f"unknown key {sorted(unknown)[0]}"),
                where=document.where("stores", number),
                expected=", ".join(sorted(_KEYS)),
            )
        values: dict[str, Any] = {
            key: frozenset(value) if isinstance(value, list) else value for key, value in item.items()
        }
        found.append(StoreProfile(**values))
    return tuple(found)


def profile_for(info: SetInfo) -> StoreProfile:
    """The store profile of a set."""
    return next((profile for profile in store_profiles() if profile.fits(info)), StoreProfile("default"))
