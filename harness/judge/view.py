"""What a judge may look at: the recorded exchanges of one cell and the facts frozen with the run.

The view is the only argument of a judge. It also makes findings, so that strength, blame and party are
decided in one place: a broken SHOULD becomes a warning, and the party that must act follows from the role
of the requirement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

from harness.core.run.exchanges import (
    MORE_THAN_READ,
    TOO_LARGE,
    UNREAD,
    UNREADABLE,
    Exchange,
    Request,
    Response,
    media_type,
)
from harness.core.run.findings import Cell, Finding, Where, finding
from harness.core.run.info import Intensity, ParticipantVersion, Settings
from harness.core.run.limits import ENDED
from harness.core.standards.groups import where_to_look
from harness.core.text import Phrase, Text
from harness.core.verdicts import Blame, Strength, Verdict
from harness.fhir.codec.documents import MESSAGE_LIMITS, Document, Format, parse, too_large, unread
from harness.fhir.model.types import load_model
from harness.judge.catalogue import Catalogue, Requirement
from harness.judge.depends import depends
from harness.judge.hops import UPSTREAM, onward
from harness.judge.masks import MASKED, UNDECLARED, Masks, Ownership, ownership
from harness.reference.record.model import Record
from harness.reference.records import Records

DECLARED = Text(nl="de opgegeven persoon", en="the declared person")
FHIR_JSON = ("application/fhir+json", "application/json+fhir", "application/json")
FHIR_XML = ("application/fhir+xml", "application/xml+fhir", "application/xml", "text/xml")


def _too_large(exchange: Exchange, side: str) -> str:
    """How much a body holds that the recorder did not keep because it is too much; ``""`` when it kept it."""
    place = f"{side}.body:{TOO_LARGE}"
    length = next((fact.length for fact in exchange.facts if fact.place == place), 0)
    if not length:
        return ""
    notes = exchange.notes.get("masked")
    told = [str(note) for note in notes] if isinstance(notes, list) else []
    beyond = [note.removeprefix(MORE_THAN_READ) for note in told if note.startswith(MORE_THAN_READ)]
    return ", ".join(filter(None, (f"{length} bytes", *beyond)))


def _unread(exchange: Exchange, side: str, kind: Format) -> Document | None:
    """A body that could not be read before it was masked: what is wrong with it, not with its masks."""
    if not any(fact.place.startswith(f"{side}.body:{UNREADABLE}") for fact in exchange.facts):
        return None
    notes = exchange.notes.get(UNREAD)
    told = notes.get(side) if isinstance(notes, dict) else None
    if not isinstance(told, dict):
        return None
    line, column = (value if isinstance(value := told.get(name), int) else 0 for name in ("line", "column"))
    rule, found = (str(told.get(name, "")) for name in ("rule", "received"))
    return unread(rule, kind, line=line, column=column, received=found)


def body_format(kind: str) -> Format | None:
    """``json`` or ``xml`` for a FHIR media type, else ``None``."""
    if kind in FHIR_JSON:
        return "json"
    return "xml" if kind in FHIR_XML else None


class CellView:
    """One cell as judges see it.

    :param exchanges: all exchanges of the cell in time order.
    :ivar exchanges: those between the parties that judges look at, but what we ended ourselves; ``upstream``
        between our DVZA and a live HIS behind it (:meth:`hop`).
    :param participants: by role (``his``, ``dvza``, ``pgo``).
    :param records: the reference records of all known persons.
    :ivar record: that of the cell's person, ``None`` when there is none that covers the standard.
    :param now: the frozen clock value of the run.
    :param settings: what the run froze; judges ask for it by name (:attr:`intensity`, :meth:`capability` …).
    """

    def __init__(
        self,
        cell: Cell,
        exchanges: Sequence[Exchange],
        catalogue: Catalogue,
        *,
        t: date,
        now: datetime,
        participants: Mapping[str, ParticipantVersion] | None = None,
        records: Records | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.cell = cell
        self.exchanges = tuple(
            item for item in exchanges if item.flow != UPSTREAM and not item.error.startswith(ENDED)
        )
        self.upstream = tuple(item for item in exchanges if item.flow == UPSTREAM)
        self._recorded = tuple(exchanges)
        self.catalogue = catalogue
        self.t = t
        self.now = now
        self.participants = dict(participants or {})
        self._settings = settings or Settings()
        self.records = records or Records()
        self.record: Record | None = self.records.of(self.person, cell.standard)
        self._documents: dict[tuple[Format, bytes], Document] = {}
        self._memo: dict[str, Any] = {}

    # -- looking ---------------------------------------------------------------------------------

    def find(
        self,
        *,
        interface: str | None = None,
        flow: str | None = None,
        operation: str | None = None,
        client: str | None = None,
        server: str | None = None,
        answered: bool = False,
    ) -> list[Exchange]:
        """Exchanges that match every given label.

        :param operation: exact name, or a prefix when it ends with ``-``.
        :param client: role of the calling party (``his``, ``dvza``, ``pgo``); likewise ``server``.
        :param answered: only exchanges that have a response.
        """
        return [
            item
            for item in self.exchanges
            if (interface is None or item.interface == interface)
            and (flow is None or item.flow == flow)
            and (operation is None or _operation_matches(item.operation, operation))
            and (client is None or item.client == self.party(client))
            and (server is None or item.server == self.party(server))
            and (not answered or item.response is not None)
        ]

    def document(self, exchange: Exchange) -> Document | None:
        """The response body as FHIR, or ``None`` when there is none or it is no FHIR media type."""
        return None if exchange.response is None else self._parse(exchange, "response", exchange.response)

    def request_document(self, exchange: Exchange) -> Document | None:
        """The request body as FHIR, or ``None``."""
        return self._parse(exchange, "request", exchange.request)

    def _parse(self, exchange: Exchange, side: str, message: Request | Response) -> Document | None:
        """A body as FHIR; equal ones are one document: a party that always says the same is read once."""
        kind = body_format(media_type(message.headers))
        if kind is None or not message.body:
            return None
        key = (kind, message.body)
        if key not in self._documents:
            held = _too_large(exchange, side)
            self._documents[key] = (
                too_large(held, kind) if held else _unread(exchange, side, kind)
            ) or parse(message.body, format=kind, model=load_model("3.0.2"), limits=MESSAGE_LIMITS)
        return self._documents[key]

    def memo(self, key: str, compute: Callable[[], Any]) -> Any:
        """A value that several judges of this cell share; computed once."""
        if key not in self._memo:
            self._memo[key] = compute()
        return self._memo[key]

    def forget(self) -> None:
        """Let go of what was computed: it refers to the view, and would stay until circles are collected."""
        self._memo.clear()
        self._documents.clear()

    def exchange(self, exchange_id: str) -> Exchange | None:
        """The exchange with an id."""
        by_id: dict[str, Exchange] = self.memo("by-id", lambda: {item.id: item for item in self.exchanges})
        return by_id.get(exchange_id)

    @property
    def depends(self) -> Mapping[str, tuple[str, ...]]:
        """Ids of the exchanges that each exchange depends on, by its id."""
        found: Mapping[str, tuple[str, ...]] = self.memo("depends", lambda: depends(self.exchanges))
        return found

    def hop(self, exchange: Exchange) -> Exchange | None:
        """What our DVZA asked the live HIS because of an exchange; ``None`` when it asked nothing."""
        hops: dict[str, Exchange] = self.memo("hops", lambda: onward(self._recorded))
        return hops.get(exchange.id)

    @property
    def passes_through(self) -> bool:
        """Whether our own DVZA stands before a live HIS."""
        return self.participant("his").kind == "live" and self.participant("dvza").kind == "twin"

    def masks(self, exchange: Exchange, side: Literal["request", "response"] = "response") -> Masks:
        """Where the recorder masked values of a message."""

        def read() -> Masks:
            document = self.document(exchange) if side == "response" else self.request_document(exchange)
            return Masks(exchange.facts, side, readable=document is not None and not document.fatal)

        found: Masks = self.memo(f"masks:{side}:{exchange.id}", read)
        return found

    @property
    def ownership(self) -> Ownership:
        """Whose record the answers of the cell are."""
        found: Ownership = self.memo("ownership", lambda: ownership(self.exchanges))
        return found

    def party(self, role: str) -> str:
        """Participant id of a role in this cell; the role itself for the stelselnode."""
        return {"his": self.cell.his, "dvza": self.cell.dvza, "pgo": self.cell.pgo}.get(role, role)

    def participant(self, role: str) -> ParticipantVersion:
        """Version facts of the participant in a role."""
        return self.participants.get(role) or ParticipantVersion(id=self.party(role), role=role, kind="live")

    def capability(self, role: str, name: str) -> bool:
        """Whether the participant in a role declared a capability (network file ``capabilities``)."""
        return name in self._settings.capabilities.get(self.party(role), ())

    def faulty(self, role: str) -> bool:
        """Whether the participant in a role is a twin with deliberate defects."""
        return self.party(role) in self._settings.faults

    @property
    def person(self) -> str:
        """Id of the test person of the cell, ``""`` when none is declared for the standard."""
        return self._settings.persons.get(self.cell.key, "")

    def screen_name(self, role: str) -> str:
        """The name of a participant that screens must show, ``""`` when it is not known."""
        return self._settings.titles.get(self.party(role), "")

    @property
    def intensity(self) -> Intensity:
        """How much this run drives."""
        return self._settings.intensity

    @property
    def situations(self) -> tuple[str, ...]:
        """What the session with a live PGO plays (ids); empty: there is no session."""
        return self._settings.situations

    @property
    def over(self) -> bool:
        """Whether the session was ended by its owner, so that what was not seen will not be seen."""
        ended = self.find(interface="session", operation="ended")
        return any(item.notes.get("reason") == "ended" for item in ended)

    @property
    def endpoints_stated(self) -> bool:
        """Whether the network file itself states the endpoints of the (live) DVZA, so that no list does."""
        return self.cell.dvza in self._settings.stated_endpoints

    @property
    def tokens_given(self) -> bool:
        """Whether the network file supplies access tokens instead of a login at the DVZA."""
        return self._settings.logins.get(self.cell.dvza) == "tokens"

    def minimum_samples(self, requirement_id: str) -> int:
        """How many samples the catalogue asks of a sampled requirement at this run's intensity."""
        return self.catalogue[requirement_id].samples.get(self.intensity, 1)

    def too_few_samples(self, requirement_id: str, seen: int) -> Finding:
        """``inconclusive: n of m samples``."""
        wanted = self.minimum_samples(requirement_id)
        reason = Text(nl=f"{seen} van {wanted} steekproeven", en=f"{seen} of {wanted} samples")
        return self.inconclusive(requirement_id, reason)

    # -- saying ----------------------------------------------------------------------------------

    def ok(
        self,
        requirement_id: str,
        exchange: Exchange | None = None,
        *,
        received: Phrase = "",
        mode: str = "rule",
    ) -> Finding:
        """The requirement is met."""
        where = Where(exchange=exchange.id if exchange else "")
        return finding(requirement_id, self.cell, Verdict.PASS, where=where, received=received, mode=mode)

    def fail(
        self,
        requirement_id: str,
        *,
        exchange: Exchange | None = None,
        path: str = "",
        line: int = 0,
        column: int = 0,
        expected: Phrase = "",
        received: Phrase = "",
        next_step: Text | None = None,
        blame: Blame = Blame.PRODUCT,
        party: str | None = None,
        rule: str = "",
        mode: str = "rule",
    ) -> Finding:
        """The requirement is broken: ``fail`` for a MUST, ``warning`` for a SHOULD."""
        requirement = self.catalogue[requirement_id]
        verdict = Verdict.FAIL if requirement.strength is Strength.MUST else Verdict.WARNING
        return finding(
            requirement_id,
            self.cell,
            verdict,
            blame=blame,
            party=self.party(requirement.role) if party is None else party,
            where=Where(exchange=exchange.id if exchange else "", path=path, line=line, column=column),
            expected=expected,
            received=received,
            next_step=next_step or default_next_step(requirement, bool(self.situations)),
            rule=rule,
            mode=mode,
        )

    def warn(self, requirement_id: str, **details: Any) -> Finding:
        """A weaker observation on a requirement: ``warning`` whatever its strength."""
        made = self.fail(requirement_id, **details)
        return finding(
            requirement_id,
            self.cell,
            Verdict.WARNING,
            blame=made.blame,
            party=made.party,
            where=made.where,
            expected=made.wanted,
            received=made.seen,
            next_step=made.next_step,
            mode=made.mode,
            rule=made.rule,
        )

    def not_applicable(self, requirement_id: str, reason: Text) -> Finding:
        """A declaration of the party excludes the requirement; the reason is required."""
        return finding(requirement_id, self.cell, Verdict.NOT_APPLICABLE, next_step=reason)

    def not_tested(self, requirement_id: str, reason: Text) -> Finding:
        """It was asked and there was nothing to look at; never a pass. The reason says what to do."""
        party = self.party(self.catalogue[requirement_id].role)
        return finding(requirement_id, self.cell, Verdict.NOT_TESTED, next_step=reason, party=party)

    def unseen(self, requirement_id: str, reason: Text, capability: str) -> Finding:
        """Nothing was there to judge: not applicable when the party declares that, else not tested.

        :param capability: what the party declares in the network file (``capabilities``), ``""`` when nothing
            can be declared about it.
        """
        if not capability:
            return self.not_tested(requirement_id, reason)
        if self.capability(self.catalogue[requirement_id].role, capability):
            return self.not_applicable(requirement_id, reason)
        advice = Text(
            nl=f"{reason.nl}; hoort dat zo, geef dan capabilities: [{capability}] op in het netwerkbestand",
            en=f"{reason.en}; if that is meant so, declare capabilities: [{capability}] in the network file",
        )
        return self.not_tested(requirement_id, advice)

    def inconclusive(
        self, requirement_id: str, reason: Text, *, exchange: Exchange | None = None, received: Phrase = ""
    ) -> Finding:
        """It could not be decided; never counts as pass."""
        where = Where(exchange=exchange.id if exchange else "")
        requirement = self.catalogue[requirement_id]
        return finding(
            requirement_id,
            self.cell,
            Verdict.INCONCLUSIVE,
            where=where,
            received=received,
            next_step=reason,
            party=self.party(requirement.role),
        )

    def masked(self, requirement_id: str, exchange: Exchange | None = None, path: str = "") -> Finding:
        """It could not be decided because of what the recorder masked, or because the answers are another
        person's; never the product's fault."""
        blame: Blame | None = None
        received: Phrase = ""
        reason = MASKED
        if self.ownership.misdeclared:
            blame, received = Blame.CONFIGURATION, self.ownership.seen
            reason = self.ownership.advice(self.person, self._settings.network)
        elif not self.person:
            blame, reason = Blame.CONFIGURATION, UNDECLARED
        return finding(
            requirement_id,
            self.cell,
            Verdict.INCONCLUSIVE,
            blame=blame,
            party=self.party(self.catalogue[requirement_id].role),
            where=Where(exchange=exchange.id if exchange else "", path=path),
            expected=DECLARED if received else "",
            received=received,
            next_step=reason,
        )

    def disputed(
        self, requirement_id: str, reason: Text, *, exchange: Exchange | None = None, received: Phrase = ""
    ) -> Finding:
        """The specification allows two readings; shown with the reason."""
        where = Where(exchange=exchange.id if exchange else "")
        return finding(
            requirement_id,
            self.cell,
            Verdict.DISPUTED,
            blame=Blame.SPECIFICATION,
            where=where,
            received=received,
            next_step=reason,
        )


def default_next_step(requirement: Requirement, in_session: bool = False) -> Text:
    """What to do when a judge has nothing more specific to say: where to look, by the group of requirements.

    :param in_session: whether a live PGO was looked at in a session.
    """
    look = where_to_look(requirement.standard, requirement.group)
    told = _NEXT_SESSION if in_session else _NEXT_RUN
    return told.format(look=look, source=requirement.source, id=requirement.id)


_NEXT_SESSION = Text(
    nl="{look} Vergelijk met {source}; begin na herstel een nieuwe sessie.",
    en="{look} Compare with {source}; once it is corrected, start a new session.",
)
_NEXT_RUN = Text(
    nl="{look} Vergelijk met {source}; draai na herstel opnieuw met --only {id}.",
    en="{look} Compare with {source}; once it is corrected, run again with --only {id}.",
)


def _operation_matches(actual: str, wanted: str) -> bool:
    return actual.startswith(wanted) if wanted.endswith("-") else actual == wanted
