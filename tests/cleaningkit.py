"""A HIS with which can be shared, and that deletes or does not."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from harness.network.wire.serving import HandlerApp, Hosting, Incoming, Outgoing

SHARING = """
persons:
  - {{id: hanna-wilgenkamp, patients: [p-7]}}
participants:
  - {{id: his-x, role: his, kind: live, standards: [zelfmetingen-2.0], dvza: dvza-x, fhir: "{fhir}",
     patient: header X-Patient, auth: bearer, credential: {{env: CLEANING_TEST_SECRET}}}}
  - {{id: dvza-x, role: dvza, kind: twin, standards: [zelfmetingen-2.0]}}
  - {{id: pgo-x, role: pgo, kind: twin, standards: [zelfmetingen-2.0]}}
"""


class Store:
    """A FHIR server that keeps what it is sent.

    :param hangs_after: how many requests to share are answered; the next one never is.
    :ivar kept: addresses of what is there, with who may see it.
    :ivar hanging: set when a request is not answered.
    """

    def __init__(self, *, deletes: int = 204, tells: bool = True, hangs_after: int = 1000) -> None:
        self.kept: dict[str, str] = {}
        self.asked: list[tuple[str, str]] = []
        self.ever = 0
        self.hanging = threading.Event()
        self._deletes, self._tells, self._left = deletes, tells, hangs_after

    async def handle(self, request: Incoming) -> Outgoing:
        headers = {name.lower(): value for name, value in request.headers}
        path = request.path.partition("/fhir")[2].strip("/")
        self.asked.append((request.method, path))
        if headers.get("authorization") != "Bearer geheim-van-de-his-7":
            return Outgoing(status=401)
        if request.method == "DELETE":
            if self._deletes == 204 and self.kept.pop(path, None) != headers.get("x-patient"):
                return Outgoing(status=404)
            return Outgoing(status=self._deletes)
        if request.method == "POST":
            self._left -= 1
            if self._left < 0:
                self.hanging.set()
                await asyncio.sleep(3600)
            found = re.findall(
                rb"<resource>\s*<Observation|\"resourceType\"\s*:\s*\"Observation\"", request.body
            )
            entries = []
            for _ in found:
                self.ever += 1
                place = f"Observation/nr-{self.ever}"
                self.kept[place] = headers.get("x-patient", "")
                told = {"location": f"http://intern:8080/x/{place}/_history/1"} if self._tells else {}
                entries.append({"response": {"status": "201 Created", **told}})
            body = {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}
            return _json(body)
        return _json({"resourceType": "Bundle", "type": "searchset", "total": 0})


def _json(body: object, status: int = 200) -> Outgoing:
    return Outgoing(
        status=status, headers=(("Content-Type", "application/fhir+json"),), body=json.dumps(body).encode()
    )


@contextmanager
def hosted(store: Store) -> Iterator[str]:
    hosting = Hosting()
    port = hosting.listen(HandlerApp(store.handle), None)
    try:
        yield f"http://127.0.0.1:{port}/fhir"
    finally:
        hosting.close()
