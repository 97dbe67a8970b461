"""What may be told of an answer: what a recording may hold. A log of CI keeps what is on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from harness.core.errors import ConfigurationError, HarnessError
from harness.core.issues import shorten
from harness.core.run.exchanges import Exchange, media_type
from harness.core.text import Text
from harness.network.doctor.connection import Reply
from harness.network.doctor.diagnosis import Diagnosis
from harness.network.file import Network
from harness.network.person.declared import declared_persons
from harness.network.person.looking import looking
from harness.network.person.records import network_records
from harness.record import RawExchange, Recorder
from harness.reference.record.model import Record

_EXCERPT: Final = 200


class Telling:
    """Tells what came back, through the recorder of runs."""

    def __init__(self, network: Network, now: datetime) -> None:
        t = now.date()
        self._now = now
        persons = declared_persons(network, t)
        self._recorder = Recorder(persons=persons, looking=looking(_records(network, now), network))
        credentials = [item.credential for item in network.participants]
        for credential in [*credentials, *(person.token for person in network.persons)]:
            try:
                secret = credential.read(network.base) if credential is not None else ""
            except ConfigurationError:
                continue  # told by whoever needs it
            if secret:
                self._recorder.learn("token", secret)

    def kind(self, party: str, url: str, reply: Reply) -> str:
        """The media type of an answer."""
        answer = self._recorded(party, url, reply, None).response
        return media_type(answer.headers) if answer is not None else ""

    def excerpt(self, party: str, url: str, reply: Reply, person: str | None = None) -> str:
        """How an answer begins.

        :param person: whose data was asked, so that words of errors stay.
        """
        answer = self._recorded(party, url, reply, person).response
        body = answer.body.decode("utf-8", "replace") if answer is not None else ""
        return shorten(" ".join(body.split()), _EXCERPT)

    def diagnosis(self, item: Diagnosis) -> Diagnosis:
        """A diagnosis as it may be told: also a name, an address or a message may quote somebody."""
        texts = [item.where, item.detail, item.what.nl, item.what.en, item.change.nl, item.change.en]
        said = self._recorder.said(texts)
        if said is None:
            return msgspec.structs.replace(
                item, what=Text(nl=item.check, en=item.check), change=Text(nl="", en=""), where="", detail=""
            )
        where, detail, *told = said
        what, change = Text(nl=told[0], en=told[1]), Text(nl=told[2], en=told[3])
        return msgspec.structs.replace(item, where=where, detail=detail, what=what, change=change)

    def _recorded(self, party: str, url: str, reply: Reply, person: str | None) -> Exchange:
        return self._recorder.record(
            RawExchange(
                interface="resource", flow="doctor", operation="doctor", client="harness", server=party,
                started=self._now, duration=0.0, method="GET", url=url, person=person, status=reply.status,
                response_headers=tuple(reply.headers.items()), response_body=reply.body,
            )
        )  # fmt: skip


def _records(network: Network, now: datetime) -> Sequence[Record]:
    """The records of a network; none when they cannot be read, which a run will say."""
    try:
        return list(network_records(network, now.date()))
    except HarnessError:
        return []
