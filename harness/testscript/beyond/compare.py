"""The FHIR answers of a script against the record of the person whose token it used.

The person follows from the token in the script, by the token map of its set; without any token the only
record is meant. Answers of anybody else, and requests that are no plain search or read, are left out, and
said so: a record says nothing of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from harness.core.run.exchanges import Request
from harness.core.standards.queries import load_queries
from harness.core.standards.table import standards
from harness.core.tdates import TDates
from harness.core.text import Text, dutch, said
from harness.fhir.codec.documents import parse
from harness.fhir.model.types import load_model
from harness.fhir.search.query import SearchError
from harness.reference.oracle.expect import Expectation, Item, expect_search, rule_all
from harness.reference.reconcile.answers import Answer, answer_of
from harness.reference.reconcile.cell import Reconciliation
from harness.reference.reconcile.differences import Difference
from harness.reference.reconcile.known import index_records
from harness.reference.record.load import load_records, record_folders
from harness.reference.record.model import Record
from harness.testscript.beyond.told import Beside, ScriptBeside
from harness.testscript.outcome.results import ScriptResult, Step
from harness.testscript.read.model import TestScript
from harness.testscript.read.tokens import (
    TestPerson,
    find_token_map,
    read_token_map,
    token_of,
    with_scheme,
)

_NOBODY = Text(
    nl="{count}x: het token is van niemand van wie een dossier is gegeven",
    en="{count}x: the token is of nobody of whom a record was given",
)
_OTHER_STANDARD = Text(
    nl="{count}x: het dossier is niet van de standaard van dit script",
    en="{count}x: the record does not cover the standard of this script",
)
_EARLIER = Text(
    nl="in een eerder proces uitgevoerd; de antwoorden zijn niet vergeleken",
    en="run by an earlier process; its answers were not compared",
)
_NO_QUERY = Text(
    nl="{count}x: geen zoekvraag of lezing die het dossier kan beantwoorden",
    en="{count}x: no search or read that the record can answer",
)


@dataclass(frozen=True)
class _Asked:
    """One answer with what the record expects of it.

    :ivar partial: it has a next page; what is missing may be there.
    """

    step: Step
    answer: Answer
    expected: Expectation
    partial: bool


class RecordComparison:
    """Compares scripts with the records of one or more persons.

    :param folders: record folders (with ``record.yaml``), or folders of them.
    :param day: day of the requests.
    :raises ConfigurationError: a record is wrong.
    :raises InputError: a file cannot be read.
    :raises UsageError: a folder without record.
    """

    def __init__(self, folders: Sequence[Path], day: date) -> None:
        self.day = day
        self.records = load_records([one for folder in folders for one in record_folders(folder)], t=day)
        self.known = index_records(self.records)
        self._maps: dict[Path, dict[str, TestPerson]] = {}

    def of(self, script: TestScript | None, result: ScriptResult) -> ScriptBeside:
        """One finished script beside the records; its steps must have been kept."""
        asked: dict[str, list[_Asked]] = defaultdict(list)
        left: dict[Text, int] = defaultdict(int)
        if not result.steps and any(result.asserts.values()):
            left[_EARLIER] = 1
        lines: dict[str, int] = {}
        if script is not None and result.side != "client":
            standard = _standard(script.path)
            tokens = {one.key: token_of(one, script) for one in script.operations()}
            lines = {one.key: one.line for one in script.operations()}
            for step, request, resource in _answers(result):
                record = self._record(script, tokens.get(step.action, ""))
                if record is None:
                    left[_NOBODY] += 1
                elif standard not in (record.standards or (standard,)) or not standard:
                    left[_OTHER_STANDARD] += 1
                elif (made := self._asked(standard, record, step, request, resource)) is None:
                    left[_NO_QUERY] += 1
                else:
                    asked[record.person].append(made)
        return ScriptBeside(
            file=result.file,
            verdict=result.verdict.value,
            compared=sum(map(len, asked.values())),
            differences=tuple(
                told
                for record in self.records
                for told in self._reconciled(record, asked.get(record.person, []), lines)
            ),
            left_out=tuple(text.format(count=count) for text, count in left.items()),
        )

    def _record(self, script: TestScript, token: str) -> Record | None:
        """The record of the person whom a token stands for."""
        if not token:
            return self.records[0] if len(self.records) == 1 else None
        place = find_token_map(script.path.parent)
        if place is None:
            return None
        if place not in self._maps:
            self._maps[place] = {person.token: person for person in read_token_map(place)}
        person = self._maps[place].get(with_scheme(token))
        return next(
            (
                record
                for record in self.records
                if person is not None
                and (record.patient == person.patient or (record.bsn and record.bsn == person.bsn))
            ),
            None,
        )

    def _asked(
        self, standard: str, record: Record, step: Step, request: Request, resource: dict[str, Any]
    ) -> _Asked | None:
        """What the record expects of an answer; ``None`` when it is no search or read."""
        parts = urlsplit(request.url)
        steps = [unquote(part) for part in parts.path.split("/") if part]
        answer = answer_of(step.action, [resource])
        links = resource.get("link")
        partial = any(
            isinstance(link, dict) and link.get("relation") == "next"
            for link in (links if isinstance(links, list) else ())
        )
        types = load_model("3.0.2").resource_types
        if len(steps) > 1 and steps[-2] in types and not parts.query:
            return _Asked(step, answer, self._readable(standard, record, steps[-2]), partial)
        path = "/".join(steps[-2:]) if steps and steps[-1] == "$lastn" else steps[-1] if steps else ""
        if path.partition("/")[0] not in types or resource.get("type") != "searchset":
            return None
        query = load_queries(standard).recognise("GET", request.url, TDates(self.day))
        operation = query.operation if query is not None else ""
        try:
            expected = expect_search(standard, path, parts.query, record, self.day, operation)
        except SearchError:
            return None
        return _Asked(step, answer, expected, partial)

    def _readable(self, standard: str, record: Record, kind: str) -> Expectation:
        """A read gives one resource of its type that may leave the HIS; which one only its server knows."""
        rulings = rule_all(standard, record, self.day)
        may = {
            stored.key: Item(stored, rulings[stored.key].resource, "match")
            for stored in record
            if stored.type == kind and rulings[stored.key].standing != "not"
        }
        return Expectation(kind, {}, may, rulings)

    def _reconciled(self, record: Record, asked: list[_Asked], lines: dict[str, int]) -> Iterator[Beside]:
        by_action = {one.step.action: one for one in asked}
        cell = Reconciliation(self.known, record)
        for one in cell.run((item.answer, item.expected) for item in asked):
            found = by_action[one.operation]
            if one.kind == "missing" and found.partial:
                continue
            yield _told(one, found, record, lines.get(one.operation, 0))


def _told(one: Difference, found: _Asked, record: Record, line: int) -> Beside:
    request = found.step.request
    parts = urlsplit(request.url if request is not None else "")
    return Beside(
        action=one.operation,
        line=line,
        request=f"GET {parts.path}{'?' if parts.query else ''}{unquote(parts.query)}",
        kind=one.kind,
        broken=one.broken,
        person=record.display,
        path=one.place,
        item=one.item,
        owner=one.owner,
        rule=one.rule,
        expected=said(one.expected, "en"),
        received=said(one.received, "en"),
        nl=dutch(one.expected, one.received),
        next_step=one.next_step,
    )


def _answers(result: ScriptResult) -> Iterator[tuple[Step, Request, dict[str, Any]]]:
    """Answered GET requests of a script with the resource in the answer."""
    model = load_model("3.0.2")
    for step in result.steps:
        request, response = step.request, step.response
        if step.kind != "operation" or request is None or response is None:
            continue
        if request.method != "GET" or response.status != 200 or not response.body:
            continue
        document = parse(response.body, model=model)
        if not document.fatal and document.resource.get("resourceType") != "OperationOutcome":
            yield step, request, document.resource


def _standard(path: Path) -> str:
    """The standard whose official set a script belongs to, ``""`` for none."""
    return next((item.id for item in standards().values() if set(path.parts) & set(item.official)), "")
