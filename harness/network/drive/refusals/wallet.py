"""What refused requests are made of: endpoints, and grants of every kind, each obtained when it is needed."""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec

from harness.core.standards.table import Standard
from harness.core.text import Text
from harness.medmij.flows import Consent, Step, TokenStep, Variant
from harness.medmij.refusals.cells import Operation
from harness.medmij.refusals.rows import Listed, Need, Token
from harness.medmij.releases import Function
from harness.network.drive.flow import Flow
from harness.network.drive.session import FlowSession
from harness.network.file import Participant
from harness.network.twins.pgo import PgoTwin
from harness.network.wire.client import HttpClient

_STEPS: Final[tuple[Step, ...]] = ("authorize", "landing", "login", "consent", "token")
LOGIN: Final = Variant(
    name="login",
    title=Text(nl="inloggen", en="login"),
    subject="dvza",
    steps=_STEPS,
    requirements=(),
)
"""Up to an access token; nothing is changed."""
TO_CODE: Final = msgspec.structs.replace(LOGIN, steps=_STEPS[:-1])
LONG: Final = msgspec.structs.replace(LOGIN, consent=Consent(answer="yes", long=True))
LONG_USED: Final = msgspec.structs.replace(LONG, steps=(*_STEPS, "resource"))
"""The access token is used once before anything else happens to it."""
LONG_TO_CODE: Final = msgspec.structs.replace(LONG, steps=_STEPS[:-1])


class Maker(Protocol):
    """Makes a flow that begins from nothing; what is not named is that of the cell."""

    def __call__(
        self,
        variant: Variant,
        *,
        function: Function = "collect",
        standard: Standard | None = None,
        person: str = "",
        pgo: PgoTwin | None = None,
        release: str = "",
        his: Participant | None = None,
    ) -> Flow:
        """The flow."""


@dataclass(frozen=True)
class Others:
    """Whom a DVZA must tell apart from the PGO and person of the cell, as far as they are known.

    :ivar second: another PGO that the DVZA admits.
    :ivar off_list: a PGO with a proper certificate that is not on the Whitelist.
    :ivar person: id of another person with data.
    :ivar provider: another HIS behind the same DVZA.
    :ivar release: another release that the DVZA serves.
    :ivar withdraw: whether the person can withdraw a consent.
    :ivar lists: publishes the client list without the service of a standard while it is called.
    :ivar unlisted: publishes the Whitelist without the PGO of the cell, or with a name that is like it
        instead, while something is called.
    :ivar age: makes the grant of a secret older by some seconds, where that can be done; ``clock``: any time,
        without waiting.
    """

    second: PgoTwin | None = None
    off_list: PgoTwin | None = None
    person: str = ""
    provider: Participant | None = None
    release: str = ""
    withdraw: bool = False
    lists: Callable[[Standard, Callable[[], None]], None] | None = None
    unlisted: Callable[[Callable[[], object], Listed], None] | None = field(default=None, repr=False)
    age: Callable[[str, float], None] | None = field(default=None, repr=False)
    clock: bool = False

    def missing(self, needs: Iterable[Need]) -> bool:
        """Whether something that a row needs is not there."""
        there: dict[Need, bool] = {
            "second_client": self.second is not None,
            "off_list_client": self.off_list is not None,
            "second_person": bool(self.person),
            "second_provider": self.provider is not None,
            "second_release": bool(self.release),
            "withdraw": self.withdraw,
            "share": True,
            "lists": self.lists is not None,
            "clock": self.clock,
        }
        return not all(there[need] for need in needs)


class Wallet:
    """Grants and endpoints of one flow, kept until it ends.

    :param logs_in: told before each login.
    """

    def __init__(self, make: Maker, others: Others, logs_in: Callable[[], None]) -> None:
        self._make = make
        self.others = others
        self._logs_in = logs_in
        self._sessions: dict[tuple[object, ...], FlowSession | None] = {}
        self._places: dict[tuple[str, str], FlowSession | None] = {}
        self._tokens: dict[tuple[str, str], str] = {}

    # -- places ------------------------------------------------------------------------------------

    def place(self, operation: Operation) -> FlowSession | None:
        """A session without token that knows the endpoints of an operation's service."""
        function: Function = "share" if operation.kind == "write" else "collect"
        key = (operation.standard.id, function)
        if key not in self._places:
            flow = self._make(LOGIN, function=function, standard=operation.standard)
            self._places[key] = flow.session if flow.locate() else None
        return self._places[key]

    # -- logins ------------------------------------------------------------------------------------

    def login(
        self,
        variant: Variant = LOGIN,
        *,
        function: Function = "collect",
        standard: Standard | None = None,
        person: str = "",
        pgo: PgoTwin | None = None,
        release: str = "",
        his: Participant | None = None,
    ) -> FlowSession:
        """A new login; without ``token`` (or ``code``) among its values it did not succeed."""
        self._logs_in()
        flow = self._make(
            variant,
            function=function,
            standard=standard,
            person=person,
            pgo=pgo,
            release=release,
            his=his,
        )
        flow.run()
        return flow.session

    def kept(self, *key: object, make: Callable[[], FlowSession]) -> FlowSession | None:
        """A login that is made once; ``None`` when it did not succeed."""
        if key not in self._sessions:
            session = make()
            self._sessions[key] = session if session.values.get("token") else None
        return self._sessions[key]

    def own(self, operation: Operation) -> FlowSession | None:
        """A login of the person at the own PGO whose token is for an operation."""
        function: Function = "share" if operation.kind == "write" else "collect"
        return self.of(function, operation.standard)

    def of(self, function: Function, standard: Standard) -> FlowSession | None:
        """A login for a service: one for all collecting services where a scope names none."""
        place = next((item for item in self._places.values() if item is not None), None)
        broad = place is not None and place.release.scope_form(function) == "name"
        key = "" if broad and function == "collect" else standard.id
        return self.kept("own", function, key, make=lambda: self.login(function=function, standard=standard))

    def certified(self, session: FlowSession, kind: str) -> HttpClient:
        """The client that shows a certificate of a kind; the own one where nobody has another."""
        if kind == "other-pgo" and self.others.second is not None:
            return self.others.second.back()
        if kind == "off-list" and self.others.off_list is not None:
            return self.others.off_list.back()
        return session.pgo.back(kind)

    # -- tokens ------------------------------------------------------------------------------------

    def withdrawn(self, kind: str, standard: Standard | None = None, *, older: bool = False) -> str | None:
        """The ``code``, ``token`` or ``refresh`` token of a consent that was withdrawn.

        :param older: the same was allowed once more after it, and all of that withdrawn too.
        """
        if not self.others.withdraw:
            return None
        self._logs_in()
        flow = self._make(LONG_TO_CODE if kind == "code" else LONG_USED, standard=standard)
        flow.run()
        if older:
            self._make(LONG, standard=standard).run()
        return flow.session.values.get(kind) if flow.withdraw(2 if older else 1) else None

    def aged(self, seconds: float, operation: Operation) -> str | None:
        """A token that was issued some time ago."""
        if self.others.age is None:
            return None
        function: Function = "share" if operation.kind == "write" else "collect"
        known = self.own(operation)
        key = (f"aged-{seconds}", known.values["token"] if known is not None else "")
        if key not in self._tokens:
            session = self.login(function=function, standard=operation.standard)
            value = session.values.get("token", "")
            if value:
                self.others.age(value, seconds)
            self._tokens[key] = value
        return self._tokens[key] or None

    def token(self, kind: Token, operation: Operation) -> str | None:
        """A token of a kind for an operation; ``None`` when there cannot be one here."""
        own = self.own(operation)
        if own is None:
            return None
        value = own.values["token"]
        simple: dict[str, Callable[[], str]] = {
            "own": lambda: value,
            "garbage": lambda: str(uuid.uuid4()),
            "changed": lambda: _changed(value),
            "last": lambda: f"{value[:-1]}{'z' if value[-1:].isupper() else 'A'}",
            "appended": lambda: f"{value}AAAA",
            "truncated": lambda: value[:-1],
            "other-case": lambda: value.swapcase() if value.swapcase() != value else _changed(value),
            "unsigned-jwt": _unsigned,
            "trailing-blank": lambda: f"{uuid.uuid4()}%20",
        }
        if kind in simple:
            return simple[kind]()
        per_operation = kind in ("other-service", "scope-added", "narrowed", "other-function", "withdrawn")
        key = (kind, operation.name if per_operation else "")
        if key not in self._tokens:
            self._tokens[key] = self._other_token(kind, operation) or ""
        return self._tokens[key] or None

    def _other_token(self, kind: Token, operation: Operation) -> str | None:
        maker: dict[str, Callable[[Operation], str | None]] = {
            "code": self._spare_code,
            "refresh": self._refresh_token,
            "withdrawn": self._withdrawn,
            "withdrawn-older": self._withdrawn_older,
            "replayed": self._replayed,
            "other-pgo": self._of_second,
            "other-service": self._of_another_service,
            "scope-added": self._scope_added,
            "narrowed": self._narrowed,
            "other-provider": self._of_provider,
            "other-release": self._of_release,
            "other-function": self._of_function,
            "share": self._shared,
        }
        return maker[kind](operation)

    def _spare_code(self, operation: Operation) -> str | None:
        return self.login(TO_CODE, standard=operation.standard).values.get("code")

    def _refresh_token(self, operation: Operation) -> str | None:
        return self.login(LONG, standard=operation.standard).values.get("refresh")

    def _withdrawn(self, operation: Operation) -> str | None:
        return self.withdrawn("token", operation.standard)

    def _withdrawn_older(self, operation: Operation) -> str | None:
        return self.withdrawn("token", operation.standard, older=True)

    def _replayed(self, operation: Operation) -> str | None:
        variant = msgspec.structs.replace(LOGIN, token=TokenStep(times=2))
        return self.login(variant, standard=operation.standard).values.get("token")

    def _of_second(self, operation: Operation) -> str | None:
        if self.others.second is None:
            return None
        return self.login(standard=operation.standard, pgo=self.others.second).values.get("token")

    def _other(self, operation: Operation) -> Standard | None:
        """A standard that is collected elsewhere than an operation's."""
        return next(
            (
                place.standard
                for (_, function), place in self._places.items()
                if place is not None and function == "collect" and place.standard.id != operation.standard.id
            ),
            None,
        )

    def _scope_added(self, operation: Operation) -> str | None:
        """A token of another service, for which the token request asked the operation's service too."""
        other = self._other(operation)
        added = TokenStep(add=(("scope", f"{{name}}~{{service}} {{name}}~{operation.service}"),))
        if other is None:
            return None
        return self.login(msgspec.structs.replace(LOGIN, token=added), standard=other).values.get("token")

    def _of_another_service(self, operation: Operation) -> str | None:
        other = self._other(operation)
        session = self.of("collect", other) if other is not None else None
        return session.values["token"] if session is not None else None

    def _narrowed(self, operation: Operation) -> str | None:
        if self.others.lists is None or operation.kind == "write":
            return None
        found: list[FlowSession] = []
        self.others.lists(operation.standard, lambda: found.append(self.login(standard=operation.standard)))
        return found[0].values.get("token") if found else None

    def _of_provider(self, operation: Operation) -> str | None:
        if self.others.provider is None:
            return None
        return self.login(standard=operation.standard, his=self.others.provider).values.get("token")

    def _of_release(self, operation: Operation) -> str | None:
        if not self.others.release:
            return None
        return self.login(standard=operation.standard, release=self.others.release).values.get("token")

    def _of_function(self, operation: Operation) -> str | None:
        """A share token where is collected, a collect token where is shared."""
        if operation.kind == "write":
            session = self.of("collect", operation.standard)
            return session.values["token"] if session is not None else None
        return self._shared(operation)

    def _shared(self, operation: Operation) -> str | None:
        place = next((item for (_, kind), item in self._places.items() if item and kind == "share"), None)
        session = self.of("share", place.standard) if place is not None else None
        return session.values["token"] if session is not None else None


def _changed(value: str) -> str:
    """The same with one character in the middle changed."""
    middle = len(value) // 2
    other = "A" if value[middle : middle + 1] != "A" else "B"
    return f"{value[:middle]}{other}{value[middle + 1 :]}"


def _unsigned() -> str:
    """A JWT that says that it needs no signature."""

    def part(content: dict[str, object]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    claims: dict[str, object] = {"sub": "test", "scope": "49", "exp": 4102444800, "jti": secrets.token_hex(8)}
    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}."
