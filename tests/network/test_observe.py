"""What live PGOs do at our mocks is kept, and finds its cell by what the message itself says."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from doorkit import FORM, PGO, REDIRECT, Visitor

from harness.core.clock import SystemClock
from harness.network.observe import Observer
from harness.network.running import RunningNetwork
from harness.record import RawExchange

NAME = "huisarts.wilgenhof"
NODE = "stelselnode.medmij.example"
LISTS = ["Zorgaanbiederslijst", "OAuthclientlist", "Gegevensdienstnamenlijst", "Whitelist"]


class Kept:
    """A recorder that only keeps."""

    def __init__(self) -> None:
        self.exchanges: list[RawExchange] = []

    def record(self, raw: RawExchange) -> None:
        self.exchanges.append(raw)


class Watched(Visitor):
    """A visitor of whom everything is observed."""

    def __init__(self, running: RunningNetwork, host: str = PGO) -> None:
        super().__init__(running, host=host)
        self.kept = Kept()
        self.node = running.twins.stelselnode
        self.observer = Observer(running.network, self.kept, SystemClock(), date(2026, 3, 1))  # type: ignore[arg-type]

    def ask(self, handler: Any, host: str, *rest: Any) -> Any:  # type: ignore[override]
        if host == NODE:
            return super().ask(self.observer.stelselnode(handler), host, *rest)
        return super().ask(self.observer.dvza(self.dvza, handler), host, *rest)

    def in_cell(self, interface: str = "token") -> list[RawExchange]:
        return [item for item in self.kept.exchanges if item.cell and item.interface == interface]


@pytest.fixture
def watched(running: RunningNetwork) -> Watched:
    return Watched(running)


@pytest.mark.parametrize("grant", ["refresh_token", "refresh_code", "authorization_code", ""])
def test_a_refresh_is_known_by_what_it_offers(watched: Watched, grant: str) -> None:
    token = watched.token(NAME)
    watched.data("49", "/Patient", token["access_token"])
    watched.exchange(grant_type=grant, refresh_token=token["refresh_token"], client_id=PGO)
    last = watched.in_cell()[-1]
    assert last.operation == "token-refresh"
    assert "huisartsgegevens-2.0" in last.cell


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (FORM, {"grant_type": "authorization_code", "code": "onbekend", "redirect_uri": REDIRECT}),
        (("Content-Type", "application/json"), {"code": "onbekend"}),
        (FORM, {}),
    ],
)
def test_a_token_request_that_fits_nothing_belongs_to_who_sent_it(
    watched: Watched, kind: tuple[str, str], fields: dict[str, str]
) -> None:
    watched.data("49", "/Patient", watched.token(NAME)["access_token"])
    before = len(watched.in_cell())
    watched.exchange(kind, **fields)
    assert [item.client for item in watched.in_cell()[before:]] == ["pgo-zon"]


def test_a_stolen_token_is_not_blamed_on_its_owner(running: RunningNetwork) -> None:
    owner = Visitor(running)
    thief = Watched(running, host="pgo.maan.example")
    thief.exchange(
        grant_type="refresh_token", refresh_token=owner.token(NAME)["refresh_token"], client_id=PGO
    )
    assert "pgo-zon" not in {item.client for item in thief.kept.exchanges}


def test_reading_one_list_often_loses_no_other(watched: Watched) -> None:
    for name in [*LISTS[1:], *[LISTS[0]] * 40]:
        answer = watched.ask(watched.node.handle, NODE, f"/MedMij_{name}.xml?api=2")
        assert answer.status == 200
    watched.data("49", "/Patient", watched.token(NAME)["access_token"])
    fetched = [item.operation for item in watched.in_cell("list")]
    assert set(fetched) == {"list-zal", "list-ocl", "list-gnl", "list-whl"}
    assert len(fetched) <= 20
    starts = [item.started for item in watched.kept.exchanges if item.cell]
    assert starts == sorted(starts)
