"""The MedMij lists (section 2): ZAL, OCL, GNL, WHL and the optional ZKL.

Central module: :mod:`~harness.medmij.lists.model` (typed lists). :mod:`~harness.medmij.lists.reading` parses
and validates untrusted XML, :mod:`~harness.medmij.lists.writing` publishes, :mod:`~harness.medmij.lists.diff`
compares two versions, :mod:`~harness.medmij.lists.cache` is the pure state machine of a receiver, and
:mod:`~harness.medmij.lists.faults` makes faulty lists by name.
"""

from __future__ import annotations

from harness.medmij.lists.model import (
    AnyList,
    Client,
    ClientVersion,
    InterfaceVersion,
    LinkList,
    Ocl,
    Provider,
    Service,
    ServiceName,
    ServiceNames,
    Subscription,
    SystemRole,
    Whitelist,
    Zal,
)
from harness.medmij.lists.reading import ParsedList, parse
from harness.medmij.lists.writing import build, url

__all__ = [
    "AnyList",
    "Client",
    "ClientVersion",
    "InterfaceVersion",
    "LinkList",
    "Ocl",
    "ParsedList",
    "Provider",
    "Service",
    "ServiceName",
    "ServiceNames",
    "Subscription",
    "SystemRole",
    "Whitelist",
    "Zal",
    "build",
    "parse",
    "url",
]
