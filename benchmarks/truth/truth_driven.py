"""A sample of the mutations of the wire bench, driven: a live HIS gives the spoilt answer, and the judges say the same.

``python benchmarks/truth/truth_driven.py [--sample 60] [--seed 1] [--standards ID…]``. The wire bench builds answers without a
server and records them; here the same answer goes through a server, our DVZA, our PGO and the recorder, over real
sockets. Printed are the mutations of which the two benches think differently: noticed or not, and by a requirement of
which topics. Exit 0: none.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from live_his import DAY, Answer, driven, network_of, own_person, served, strict
from truth_cells import BASE, MODEL, Cell, cells, known_records
from truth_mutations import OPERATORS
from truth_wire import Clean, clean_cell, judged, own_world, spoilt, verdicts

from harness.core.run.exchanges import Request, Response, header
from harness.core.standards.queries import load_queries
from harness.core.standards.table import standards
from harness.core.tdates import TDates
from harness.core.verdicts import Verdict
from harness.fhir.codec.documents import to_json, to_xml
from harness.judge.catalogue import load_catalogue
from harness.network.person.persons import fixture_persons
from harness.network.person.records import network_records
from harness.reference.records import Records


class Spoilt:
    """A strict server with the answers of a cell in the place of its own.

    :param answers: the searchset by path, query and format of the question.
    """

    def __init__(self, answers: Mapping[tuple[str, str, str], dict[str, Any]]) -> None:
        self._answers = answers
        self.given = 0

    def __call__(self, request: Request, patient: str, answer: Answer) -> Response:
        response = answer(request, patient)
        parts = urlsplit(request.url)
        kind = "xml" if "xml" in (header(request.headers, "accept") or "") else "json"
        body = self._answers.get((parts.path.rpartition("/fhir/")[2], parts.query, kind))
        if body is None:
            return response
        self.given += 1
        data = to_xml(body, MODEL) if kind == "xml" else to_json(body)
        base = f"{parts.scheme}://{parts.netloc}/fhir/"
        return Response(
            status=response.status,
            headers=response.headers,
            body=data.replace(BASE.encode(), base.encode()),
        )


def question(standard: str, operation: str, kind: str) -> tuple[str, str, str]:
    """How an operation of a standard is asked."""
    query = load_queries(standard)[operation]
    return query.path, urlencode(query.resolved(TDates(DAY))), kind


class Drives:
    """Drives cells, and remembers what the strict server gets of each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._clean: dict[tuple[str, str], dict[str, Verdict]] = {}

    def bad(self, cell: Cell, changed: list[tuple[str, str]]) -> dict[str, Verdict]:
        """Requirements that the strict server meets and this one does not.

        :raises SystemExit: a spoilt answer was never asked for.
        """
        key = (cell.record.person, cell.standard)
        if key not in self._clean:
            self._clean[key] = self._said(cell, strict)
        answers = {
            question(cell.standard, name, kind): {
                field: value for field, value in cell.bundles[name].items() if value != []
            }
            for name, kind in changed
        }
        server = Spoilt(answers)
        found = self._said(cell, server)
        if not server.given:
            raise SystemExit(f"{key}: nobody asked {sorted(answers)}")
        return spoilt(self._clean[key], found)

    def _said(self, cell: Cell, behaviour: Callable[[Request, str, Answer], Response]) -> dict[str, Verdict]:
        person = cell.record.person
        with served() as his:
            his.behaviour = behaviour
            others = [own_person(item.id) for item in fixture_persons() if item.id != person and item.patient]
            people = [own_person(person), *others]
            network = network_of(his, cell.standard, people, self._folder)
            return verdicts(driven(network, cell.standard, Records(network_records(network, DAY))))


def topics(bad: dict[str, Verdict]) -> set[str]:
    """Of what the failed requirements are."""
    catalogue = load_catalogue()
    return {catalogue[name].topic for name, verdict in bad.items() if verdict is Verdict.FAIL}


def main() -> int:
    """Print what differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--standards", nargs="*", default=list(standards()))
    options = parser.parse_args()
    start, rng = time.process_time(), random.Random(options.seed)
    world, known = own_world(True), known_records(DAY)
    clean: list[Clean] = [clean_cell(world, cell) for cell in cells(known, options.standards, DAY)]
    tried = noticed = differ = 0
    with tempfile.TemporaryDirectory() as scratch:
        drives = Drives(Path(scratch))
        while tried < options.sample:
            one = rng.choice(clean)
            cell, name = one.cell.copied(), rng.choice(list(OPERATORS))
            done = OPERATORS[name](cell, known, rng)
            if done is None or done.what != "must":
                continue
            changed = [key for key in one.asked if cell.bundles[key[0]] != one.cell.bundles[key[0]]]
            changed = [rng.choice(changed)] if changed else []
            if not changed:
                continue
            tried += 1
            wire = spoilt(one.said, verdicts(judged(world, one, cell, changed)))
            real = drives.bad(cell, changed)
            noticed += bool(real)
            if bool(wire) != bool(real) or topics(wire) != topics(real):
                differ += 1
                where = f"{cell.record.person} {cell.standard} {changed[0]} {name} {done.where}"
                print(f"{where}\n  wire   {sorted(wire)}\n  driven {sorted(real)}", flush=True)
    print(f"driven {tried}, noticed {noticed}, other than on the wire {differ}, seed {options.seed}, "
          f"CPU {time.process_time() - start:.0f} s")  # fmt: skip
    return int(differ > 0)


if __name__ == "__main__":
    sys.exit(main())
