"""The groups and rows of refused requests, typed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal

import msgspec

from harness.core.data import data_path
from harness.core.text import Text
from harness.core.yamlfile import load_yaml
from harness.medmij.flows import Changes
from harness.medmij.releases import release_ids

Axis = Literal[
    "data",
    "collect",
    "reads",
    "searches",
    "documents",
    "share",
    "cross",
    "route",
    "grants",
    "code",
    "authorize",
    "walk",
    "steps",
    "once",
]
"""What a group is about: its rows times these make its cells (see the head of the data file)."""
Token = Literal[
    "own", "none", "empty", "basic", "garbage", "changed", "truncated", "other-case", "code", "refresh",
    "withdrawn", "replayed", "other-pgo", "other-service", "narrowed", "other-provider", "other-release",
    "other-function", "share", "unsigned-jwt", "trailing-blank", "last", "appended", "withdrawn-older",
    "scope-added",
]  # fmt: skip
Grant = Literal[
    "own", "other-pgo", "used", "withdrawn", "other-release", "garbage", "swapped", "changed", "access"
]
Wrong = Literal[
    "", "no-cookie", "planted", "get", "ahead", "unchosen", "unknown-choice", "other-case", "again",
    "reconsidered", "late", "other-pgo", "other-person", "deep-link", "consents-link",
    "withdraw-other",
]  # fmt: skip
"""Which step of the person's pages is taken wrongly (axis ``steps``)."""
Listed = Literal["", "parent", "subdomain"]
"""A name that is on the Whitelist instead of the PGO's."""
Want = Literal["", "empty", "own", "read", "narrow", "page", "error", "refused", "any", "code"]
Need = Literal[
    "second_client", "off_list_client", "second_person", "second_provider", "second_release", "withdraw",
    "share", "lists", "clock",
]  # fmt: skip
"""What has to be known, or can only be done with our own twin (``withdraw``, ``lists``, ``clock``)."""


class Row(Changes, frozen=True, kw_only=True):
    """One request that must be refused.

    :ivar requirement: what it breaks when it is not; ``refresh``: the same when a refresh token is offered.
    :ivar expect: statuses of a refusal of the right form (0: refused in TLS); empty: any.
    :ivar error: the error code that goes with it; ``-``: a challenge without one.
    :ivar age: seconds by which the grant is older than it is.
    :ivar on: restricts the axis ``grants`` to ``code`` or ``refresh``.
    :ivar times: how often it is sent at once.
    :ivar unlisted: the PGO was taken from the Whitelist just before.
    :ivar want: what the authorization endpoint should do; ``""``: as the group says.
    :ivar wrong: the step of the person's pages that is taken wrongly, ``at`` the page on which.
    :ivar per_kind: sent for one operation of each kind: what it is about does not differ per service.
    :ivar before: who sends the same request just before, with a good token.
    :ivar narrowed: the PGO's service was taken from the client list just before.
    :ivar like: the row whose refusal has the same status: else it tells something.
    :ivar listed: a name that is on the Whitelist instead of that of the PGO, with ``unlisted``.
    """

    row: str
    requirement: str
    refresh: str = ""
    expect: tuple[int, ...] = ()
    error: str = ""
    needs: tuple[Need, ...] = ()
    releases: tuple[str, ...] = msgspec.field(default_factory=release_ids)
    token: Token = "own"
    grant: Grant = "own"
    certificate: Literal["own", "none", "self-signed", "untrusted", "expired", "other-pgo", "off-list"] = (
        "own"
    )
    place: Literal["header", "twice", "query", "body"] = "header"
    age: float = 0
    on: tuple[str, ...] = ()
    times: int = 1
    unlisted: bool = False
    method: str = ""
    path: str = ""
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    body: str | None = None
    want: Want = ""
    wrong: Wrong = ""
    at: Literal["", "landing", "login", "consent"] = ""
    per_kind: bool = False
    narrowed: bool = False
    like: str = ""
    before: Literal["", "own", "other-person"] = ""
    listed: Listed = ""

    def requirement_of(self, kind: str) -> str:
        """What a row is about when a grant of a kind is offered."""
        return self.refresh if kind == "refresh" and self.refresh else self.requirement


class Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rows that are tried together, between legal requests.

    :ivar flow: name of the flow in which they are driven.
    :ivar form: requirement about the form of a refusal; ``""``: none.
    """

    id: str
    flow: str
    axis: Axis
    title: Text
    rows: tuple[Row, ...]
    form: str = ""
    want: Want = ""
    releases: tuple[str, ...] = msgspec.field(default_factory=release_ids)

    def row(self, name: str) -> Row | None:
        """A row by name."""
        return next((item for item in self.rows if item.row == name), None)

    def wanted(self, row: Row) -> Want:
        """What a row asks of the authorization endpoint."""
        return row.want or self.want


@cache
def groups() -> dict[str, Group]:
    """All groups by id.

    :raises ConfigurationError: the data file is wrong.
    """
    document = load_yaml(data_path("profiles", "afsprakenstelsel", "refusals.yaml"))
    found = msgspec.convert(document.data["groups"], list[Group], strict=False)
    return {item.id: item for item in found}


def requirements_of(flow: str) -> frozenset[str]:
    """Every requirement that the rows of a flow can break."""
    return frozenset(
        name
        for group in groups().values()
        if group.flow == flow
        for row in group.rows
        for name in (row.requirement, row.refresh, group.form)
        if name
    )


def flows() -> tuple[str, ...]:
    """The flows in which refused requests are driven."""
    return tuple(dict.fromkeys(group.flow for group in groups().values()))
