"""A second opinion on the bench: faults and oddities as an outsider writes them, on a live HIS, driven and judged.

``python benchmarks/truth/outsider.py [--only NAME…] [--person ID]``. A fault is *caught* when a requirement of the HIS that
passes without it is failed or undecided; *by topic* when a failed one is of the topic that a reviewer would name. An
oddity must change nothing. Faults that find nothing to spoil in the data of the person are listed apart.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from live_his import DAY, Answer, LiveHis, driven, network_of, own_person, served, strict
from outsider_faults import FAULTS, ODD, Case, Others

from harness.core.run.exchanges import Request, Response, header, media_type
from harness.core.verdicts import Verdict, worst
from harness.fhir.codec.documents import parse, to_json, to_xml
from harness.fhir.model.types import load_model
from harness.judge.catalogue import load_catalogue
from harness.network.person.persons import fixture_persons
from harness.network.person.records import network_records
from harness.reference.records import Records

MODEL = load_model("3.0.2")
GREEN = (Verdict.PASS, Verdict.WARNING, Verdict.NOT_APPLICABLE)
TOPICS = {
    "value": {"value", "form", "document"}, "status": {"status"}, "selection": {"selection", "paging"},
    "identity": {"identity", "document"}, "leak": {"leak"}, "document": {"document", "form"},
}  # fmt: skip
OTHER = "bram-lisdodde"


class Patched:
    """The strict server with one case in it.

    :ivar fired: whether any answer became another.
    """

    def __init__(self, case: Case, others: Others) -> None:
        self.case, self.others, self.fired = case, others, False

    def __call__(self, request: Request, patient: str, answer: Answer) -> Response:
        url, whose = request.url, patient
        if self.case.ask is not None and patient:
            url, whose = self.case.ask(url, patient)
        before = answer(request, patient)
        asked = Request(method=request.method, url=url, headers=request.headers, body=request.body)
        response = before if (url, whose) == (request.url, patient) else answer(asked, whose)
        kind = "xml" if "xml" in media_type(response.headers) else "json"
        body, headers = response.body, dict(response.headers)
        if response.status == 200 and "fhir" in media_type(response.headers):
            if self.case.change is not None:
                resource = parse(body, model=MODEL).resource
                whole = to_json(resource)
                self.case.change(resource, kind, self.others)
                if not resource.get("entry", True):
                    del resource["entry"]  # FHIR has no empty lists
                if to_json(resource) != whole:
                    body = to_xml(resource, MODEL) if kind == "xml" else to_json(resource)
            if self.case.raw is not None:
                body = self.case.raw(body, headers, kind)
        changed = Response(status=response.status, headers=tuple(headers.items()), body=body)
        entries = (
            b"entry" in body or b"entry" in before.body or header(changed.headers, "x-trace") is not None
        )
        self.fired = self.fired or ((entries or b"Binary" in body) and changed != before)
        return changed


def said(his: LiveHis, case: Case, person: str, scratch: Path) -> dict[str, list]:
    """The findings of each requirement."""
    network = network_of(his, case.standard, [own_person(person), own_person(OTHER)], scratch)
    found: dict[str, list] = {}
    for item in driven(network, case.standard, Records(network_records(network, DAY))):
        found.setdefault(item.requirement, []).append(item)
    return found


def main() -> int:
    """Print the table; exit 1 when a bar is missed: 95 % of the faults caught, no oddity accused."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--person", default="hanna-wilgenkamp")
    options = parser.parse_args()
    people = {item.id: item for item in fixture_persons()}
    others = Others(people[options.person].kept(DAY), people[OTHER].resources(DAY))
    topics = load_catalogue()
    clean: dict[str, dict[str, Verdict]] = {}
    counts: Counter[str] = Counter()
    verdict: Callable[[dict[str, list]], dict[str, Verdict]] = lambda found: {  # noqa: E731
        name: worst([item.verdict for item in items]) for name, items in found.items()
    }
    with served() as his, tempfile.TemporaryDirectory() as scratch:
        for case in (*FAULTS, *ODD):
            if options.only and case.name not in options.only:
                continue
            if case.standard not in clean:
                his.behaviour = strict
                clean[case.standard] = verdict(said(his, case, options.person, Path(scratch)))
            his.behaviour = patched = Patched(case, others)
            found = said(his, case, options.person, Path(scratch))
            bad = {
                name: value for name, value in verdict(found).items()
                if value not in GREEN and clean[case.standard].get(name) in GREEN
            }  # fmt: skip
            kind = "odd" if case.topic == "odd" else "fault"
            if not patched.fired:
                print(f"nothing to spoil: {case.name}", flush=True)
                counts[f"{kind} idle"] += 1
                continue
            counts[kind] += 1
            counts[f"{kind} noticed"] += bool(bad)
            fitting = [
                name for name, value in bad.items()
                if value is Verdict.FAIL and topics[name].topic in TOPICS.get(case.topic, ())
            ]  # fmt: skip
            counts[f"{kind} by topic"] += bool(fitting)
            if bool(bad) is (kind == "odd") or (kind == "fault" and not fitting):
                why = [f"{name} {value.value}: {found[name][0].where.path} {found[name][0].expected} | "
                       f"{found[name][0].received}" for name, value in bad.items()]  # fmt: skip
                print(f"{'MISSED' if not bad else kind}: {case.name} ({case.topic}) {why[:3]}", flush=True)
    print(f"faults {counts['fault']}: caught {counts['fault noticed']}, by topic {counts['fault by topic']}, "
          f"nothing to spoil {counts['fault idle']}; odd {counts['odd']}: accused {counts['odd noticed']}")  # fmt: skip
    return int(counts["fault noticed"] < 0.95 * counts["fault"] or counts["odd noticed"] > 0)


if __name__ == "__main__":
    sys.exit(main())
