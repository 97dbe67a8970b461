"""Synthetic lists for the tests of this room."""

from __future__ import annotations

from harness.medmij.lists import (
    AnyList,
    Client,
    ClientVersion,
    InterfaceVersion,
    Ocl,
    Provider,
    Service,
    ServiceName,
    ServiceNames,
    SystemRole,
    Whitelist,
    Zal,
)
from harness.medmij.releases import ListKind

STAMP = "2030-01-02T03:04:05Z"


def service(identity: str = "49") -> Service:
    return Service(
        id=identity,
        authorization_endpoint="https://inlog.dva.example/authorize",
        token_endpoint="https://mtls.dva.example/token",
        roles=(SystemRole(code="MM-2.0-HGB-FHIR", resource_endpoint="https://mtls.dva.example/fhir"),),
    )


def zal(sequence: int = 7, name: str = "jansen&jansen@medmij") -> Zal:
    version = InterfaceVersion(id="2", services=(service("49"), service("51")))
    return Zal(timestamp=STAMP, sequence=sequence, providers=(Provider(name=name, versions=(version,)),))


def ocl(sequence: int = 3) -> Ocl:
    client = Client(
        hostname="pgo.example.nl",
        organisation="Proef PGO",
        versions=(ClientVersion(id="2", services=("49",)),),
    )
    return Ocl(timestamp=STAMP, sequence=sequence, clients=(client,))


def gnl(sequence: int = 2) -> ServiceNames:
    return ServiceNames(
        timestamp=STAMP, sequence=sequence, services=(ServiceName(id="49", name="Huisartsgegevens"),)
    )


def whl(sequence: int = 9) -> Whitelist:
    return Whitelist(timestamp=STAMP, sequence=sequence, hostnames=("pgo.example.nl", "mtls.dva.example"))


def example(kind: ListKind) -> AnyList:
    examples: dict[str, AnyList] = {"zal": zal(), "ocl": ocl(), "gnl": gnl(), "whl": whl()}
    return examples[kind]
