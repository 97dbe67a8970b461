"""Refused requests at the resource endpoint: a legal request of an operation, with one thing wrong."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from harness.fhir.codec import documents as codec
from harness.fhir.model.types import load_model
from harness.medmij import resource, urls
from harness.medmij.refusals.cells import Cell, Operation, other_service
from harness.network.drive import queries
from harness.network.drive.refusals.pace import Pace
from harness.network.drive.refusals.wallet import Wallet
from harness.network.drive.session import FlowSession
from harness.network.wire.client import Answer

_FORM: Final = ("Content-Type", "application/x-www-form-urlencoded")
_BATCH_B: Final = "{type}/{id_b} {type}?patient=Patient/{patient_b}"
"""What the batch asks of another person."""
_BATCHES: Final = {"batch": ("GET",), "batch-mixed": ("POST", "GET")}
"""Methods of the entries of a batch; an entry that creates has no resource, so that nothing comes of it."""
_BATCH_XML: Final = (
    '<Bundle xmlns="http://hl7.org/fhir"><type value="batch"/><entry><request><method value="GET"/>'
    '<url value="{type}"/></request></entry></Bundle>'
)
_PATCHES: Final = {
    "patch": {"op": "add", "path": "/language", "value": "nl"},
    "patch-test": {"op": "test", "path": "/resourceType", "value": "Basic"},
}
"""JSON patches; the second fails wherever it is carried out, so that it changes nothing."""
TIMEOUT: Final = 30.0
"""Seconds: a refusal is no search."""


class Data:
    """The resource endpoints of one flow.

    :param offered: every operation that the DVZA offers.
    """

    def __init__(self, wallet: Wallet, pace: Pace, offered: Sequence[Operation]) -> None:
        self._wallet = wallet
        self._offered = offered
        self._pace = pace
        self._found: dict[tuple[str, str], Answer] = {}
        self._tried: set[str] = set()

    # -- legal requests ----------------------------------------------------------------------------

    def control(self, operation: Operation, group: str, *, person: str = "") -> Answer | None:
        """The legal request of an operation; ``None`` when it cannot be sent.

        :param person: another person than that of the cell.
        """
        place = self._wallet.place(operation)
        session = self._wallet.own(operation) if not person else self._of_person(operation, person)
        if place is None or session is None:
            return None
        url = self._url(place, operation, person)
        if url is None:
            return None
        answer = self._asked(place, operation, session, url, person, group)
        if operation.kind == "search":
            self._found[operation.standard.id, person] = answer
        return answer

    def _asked(
        self,
        place: FlowSession,
        operation: Operation,
        session: FlowSession,
        url: str,
        person: str,
        group: str,
    ) -> Answer:
        """A legal request, with the token of a session, recorded as a control."""
        method, body, headers = self._legal(place, operation, session.values["token"])
        return self._send(
            place,
            method,
            url,
            headers,
            body,
            operation,
            notes={"control": {"group": group, "on": operation.name, "person": person}},
            label="control",
            person=person or place.person,
        )

    def before(self, operations: Iterable[Operation], group: str) -> None:
        """The legal requests that were not sent yet; for a group about another person, his too."""
        for operation in operations:
            if operation.name not in self._tried:
                self._tried.add(operation.name)
                self.control(operation, group)

    def _of_person(self, operation: Operation, person: str) -> FlowSession | None:
        return self._wallet.kept(
            "person",
            person,
            operation.standard.id if self._narrow(operation) else "",
            make=lambda: self._wallet.login(standard=operation.standard, person=person),
        )

    def _narrow(self, operation: Operation) -> bool:
        place = self._wallet.place(operation)
        return place is None or place.release.scope_form("collect") != "name"

    def _legal(
        self, place: FlowSession, operation: Operation, token: str
    ) -> tuple[str, bytes, list[tuple[str, str]]]:
        media = "json"
        accept = "*/*" if operation.kind == "document" else queries.accept(place, media)
        headers = resource.request_headers(
            place.release, token, place.new_id(), place.values.get("correlation", ""), accept
        )
        if operation.kind != "write":
            return "GET", b"", headers
        headers.append(("Content-Type", f"application/fhir+json; fhirVersion={place.standard.fhir_version}"))
        return operation.query.method, queries.sent_body(place, operation.query.body, media), headers

    def _url(self, place: FlowSession, operation: Operation, person: str = "") -> str | None:
        """The URL of a legal request; ``None`` when the person has nothing of the kind."""
        base = queries.resource_base(place, operation.query.role)
        if operation.kind == "write":
            return base if not operation.query.path else urls.join(base, operation.query.path)
        if operation.kind == "search":
            pairs = operation.query.resolved(place.dates)
            text = "&".join(f"{quote(n, safe='$-._~')}={quote(v, safe='$-._~')}" for n, v in pairs)
            url = urls.join(base, operation.query.path)
            return f"{url}?{text}" if text else url
        if operation.kind == "read":
            found = self.identifier(operation, person)
            return urls.join(base, f"{operation.type}/{found}") if found else None
        return self.document(place, operation, person)

    def identifier(self, operation: Operation, person: str = "") -> str:
        """The id of a resource that a legal search of an operation's service found, ``""``: nothing."""
        if (operation.standard.id, person) not in self._found:
            search = Operation("search", operation.standard, operation.search, operation.search)
            self._tried.add(search.name)
            self.control(search, "", person=person)
        answer = self._found.get((operation.standard.id, person))
        for item in _resources(answer):
            if item.get("resourceType") == operation.type and isinstance(item.get("id"), str):
                return str(item["id"])
        return ""

    def document(self, place: FlowSession, operation: Operation, person: str = "") -> str | None:
        """The URL of a document that the person's search found."""
        self.identifier(operation, person)
        answer = self._found.get((operation.standard.id, person))
        each = operation.query.each
        if answer is None or each is None:
            return None
        found = queries.values_of(answer, each[1])
        base = queries.resource_base(place, operation.query.role)
        return queries.absolute(base, found[0]) if found else None

    # -- requests that must be refused -------------------------------------------------------------

    def attempt(self, cell: Cell) -> bool:
        """Send a request that must be refused; whether it could be made."""
        operation, row = cell.operation, cell.row
        place = self._wallet.place(operation) if operation is not None else None
        if operation is None or place is None:
            return False
        kind = cell.on if cell.group.axis == "route" else row.token
        token = self._token(cell, kind, operation)
        url = self._url(place, operation)
        if token is None or url is None:
            return False
        method, body, headers = self._legal(place, operation, token)
        own = self._wallet.own(operation)
        right = own.values["token"] if own is not None else ""
        headers = _authorized(headers, kind, token)
        if row.place == "twice":
            headers.append(("Authorization", f"Bearer {uuid.uuid4()}"))
        elif row.place == "query":
            url += f"{'&' if '?' in url else '?'}access_token={quote(right, safe='')}"
        elif row.place == "body":
            method, body = "POST", f"access_token={quote(right, safe='')}".encode()
            headers = [*(item for item in headers if item[0] != "Content-Type"), _FORM]
        if row.path or row.method or cell.group.axis in ("route", "cross"):
            changed = self._changed(cell, operation, place)
            if changed is None:
                return False
            method, url, body, more = changed
            headers = _with(headers, more)
        send = partial(
            self._send,
            place,
            method,
            url,
            headers,
            body,
            operation,
            certificate=row.certificate,
            notes={"refusal": cell.note},
            label="refused",
        )
        unlisted = self._wallet.others.unlisted
        if not place.may_send(method):
            return False
        if row.before and not self._sent_before(place, method, url, operation, other=row.before != "own"):
            return False
        if row.unlisted and unlisted is not None:
            unlisted(send, row.listed)
        else:
            send()
        return True

    def _sent_before(
        self, place: FlowSession, method: str, url: str, operation: Operation, *, other: bool
    ) -> bool:
        """The same request with a token that is good, of the person or another one; whether there is one."""
        person = self._wallet.others.person if other else place.person
        if other:
            session = self._of_person(operation, person) if person else None
        else:
            session = self._wallet.own(operation)
        if session is None:
            return False
        _, _, headers = self._legal(place, operation, session.values["token"])
        notes = {"before": {"on": operation.name, "person": person}}
        self._send(place, method, url, headers, b"", operation, notes=notes, label="control", person=person)
        return True

    def _token(self, cell: Cell, kind: str, operation: Operation) -> str | None:
        """The token to show; ``""`` for none at all, ``None`` when there cannot be one."""
        if cell.row.age:
            return self._wallet.aged(cell.row.age, operation)
        if kind in ("none", "empty", "basic"):
            return ""
        return self._wallet.token(kind, operation)  # type: ignore[arg-type]  # a kind of the data file

    def _changed(
        self, cell: Cell, operation: Operation, place: FlowSession
    ) -> tuple[str, str, bytes, dict[str, str]] | None:
        """Method, URL, body and further headers as a row says; ``None`` when it needs what nobody has."""
        row = cell.row
        base = queries.resource_base(place, operation.query.role).rstrip("/")
        asked = (
            row.path + (_BATCH_B if row.body == "batch_b" else row.body or "") + "".join(row.headers.values())
        )
        values = self._values(operation, place, asked)
        if values is not None and cell.group.axis == "cross":
            values = self._other_service(cell, operation, place, values)
        if values is None:
            return None
        path = _filled(row.path, values)
        url = path if path.startswith("https://") else base + path
        more = {name: _filled(text, values) for name, text in row.headers.items()}
        body, kind = _body(row.body, operation, values)
        return row.method or "GET", url, body, {**({"Content-Type": kind} if kind else {}), **more}

    def _values(self, operation: Operation, place: FlowSession, asked: str) -> dict[str, str] | None:
        """Placeholders; ``None`` when one that is asked for is not known."""
        kind = operation.type
        own = self._wallet.own(operation)
        values = {
            "type": kind,
            "encoded_type": f"%{ord(kind[0]):02X}{kind[1:]}",
            "upper_type": kind.upper(),
            "client": place.pgo.host,
            "client_pem": quote(place.pgo.identity().chain.decode("ascii"), safe=""),
            "client_rfc9440": f":{_base64(place.pgo.identity().chain)}:",
            "token": own.values["token"] if own is not None else "",
            "new_id": str(uuid.uuid4()),
            "patient": self._patient(place, ""),
        }
        if "{id}" in asked:
            values["id"] = self.identifier(operation)
        if "{document}" in asked:
            values["document"] = self.document(place, operation) or ""
        if "{document_unknown}" in asked:
            found = (self.document(place, operation) or "").rpartition("/")[0]
            values["document_unknown"] = f"{found}/{values['new_id']}" if found else ""
        if "{page}" in asked:
            values["page"] = self._page(place, operation, "")
        person = self._wallet.others.person
        if "_b}" in asked:
            values["id_b"] = self.identifier(operation, person)
            values["patient_b"] = self._patient(place, person)
        if "{document_b}" in asked:
            values["document_b"] = self.document(place, operation, person) or ""
        if "{page_b}" in asked:
            values["page_b"] = self._page(place, operation, person)
        return values if all(values[name] for name in values if "{" + name + "}" in asked) else None

    def _other_service(
        self, cell: Cell, operation: Operation, place: FlowSession, values: dict[str, str]
    ) -> dict[str, str] | None:
        """Placeholders with a type that only another service has, and an own resource of it."""
        kind = cell.on.partition(":")[2]
        other = other_service(operation, self._offered)
        found = self.identifier(other) if other is not None else ""
        if not found:
            return None
        return {**values, "other": kind, "encoded_other": f"%{ord(kind[0]):02X}{kind[1:]}", "other_id": found}

    def _page(self, place: FlowSession, operation: Operation, person: str) -> str:
        """The address of the second page that a person was shown, ``""`` when there are no pages."""
        session = self._of_person(operation, person) if person else self._wallet.own(operation)
        url = self._url(place, operation, person)
        if session is None or url is None:
            return ""
        url += f"{'&' if '?' in url else '?'}_count=1"
        answer = self._asked(place, operation, session, url, person, "")
        found = queries.reply_of(answer, url).next
        return found if found.startswith("https://") else ""

    def _patient(self, place: FlowSession, person: str) -> str:
        """The Patient id of a person in the HIS of the cell, as far as an answer showed it."""
        for (_, whose), answer in self._found.items():
            if whose == person:
                for item in _resources(answer):
                    if item.get("resourceType") == "Patient":
                        return str(item.get("id", ""))
                    reference = item.get("subject", item.get("patient"))
                    text = reference.get("reference", "") if isinstance(reference, dict) else ""
                    if "Patient/" in str(text):
                        return str(text).rpartition("Patient/")[2]
        return ""

    def _send(
        self,
        place: FlowSession,
        method: str,
        url: str,
        headers: list[tuple[str, str]],
        body: bytes,
        operation: Operation,
        *,
        notes: Mapping[str, Any],
        label: str,
        certificate: str = "own",
        person: str | None = None,
    ) -> Answer:
        self._pace.request()
        shown = {"certificate": certificate} if certificate != "own" else {}
        answer = place.send(
            self._wallet.certified(place, certificate),
            method,
            url,
            headers,
            body,
            interface="document" if operation.kind == "document" else "resource",
            operation=label,
            person=place.person if person is None else person,
            timeout=TIMEOUT,
            notes={**notes, **shown},
        )
        self._pace.seen(answer)
        return answer


def _authorized(headers: list[tuple[str, str]], kind: str, token: str) -> list[tuple[str, str]]:
    """Headers with a credential of a kind, or with none."""
    kept = [item for item in headers if item[0] != "Authorization"]
    if kind == "none":
        return kept
    value = {"empty": "Bearer", "basic": "Basic dGVzdDp0ZXN0"}.get(kind, f"Bearer {token}")
    return [*kept, ("Authorization", value)]


def _with(headers: list[tuple[str, str]], more: Mapping[str, str]) -> list[tuple[str, str]]:
    names = {name.lower() for name in more}
    return [*(item for item in headers if item[0].lower() not in names), *more.items()]


def _base64(chain: bytes) -> str:
    """The first certificate of a PEM file, as RFC 9440 writes it."""
    lines = chain.decode("ascii").partition("-----END")[0].splitlines()
    return "".join(line for line in lines if not line.startswith("-"))


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


def _body(text: str | None, operation: Operation, values: Mapping[str, str]) -> tuple[bytes, str]:
    """A body by name, or a form, with its media type."""
    fhir = f"application/fhir+json; fhirVersion={operation.standard.fhir_version}"
    if text is None:
        return b"", ""
    if text == "resource":
        made: dict[str, Any] = {"resourceType": operation.type, "id": values["new_id"]}
        return json.dumps(made).encode(), fhir
    if text in _PATCHES:
        return json.dumps([_PATCHES[text]]).encode(), "application/json-patch+json"
    if text == "batch_b":
        wanted = [{"request": {"method": "GET", "url": url}} for url in _filled(_BATCH_B, values).split()]
        return json.dumps({"resourceType": "Bundle", "type": "batch", "entry": wanted}).encode(), fhir
    if text in _BATCHES:
        entries = [{"request": {"method": method, "url": operation.type}} for method in _BATCHES[text]]
        return json.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries}).encode(), fhir
    if text == "batch-xml":
        batch = _BATCH_XML.replace("{type}", operation.type)
        return batch.encode(), fhir.replace("json", "xml", 1)
    return _filled(text, values).encode(), _FORM[1]


def _resources(answer: Answer | None) -> list[dict[str, Any]]:
    """The resources of a searchset in JSON; none when it is no such answer."""
    if answer is None or not 200 <= answer.status < 300:
        return []
    model = load_model("3.0.2")
    found = codec.parse(answer.body, format="json", model=model, limits=codec.MESSAGE_LIMITS).resource
    entries = found.get("entry") if isinstance(found, dict) else None
    wanted = (entry.get("resource") for entry in entries or () if isinstance(entry, dict))
    return [item for item in wanted if isinstance(item, dict)]
