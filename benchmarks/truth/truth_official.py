"""A HIS that is loaded with an official set, driven over HTTP by our PGO and compared with the set as reference record.

``python benchmarks/truth/truth_official.py MATERIAL``: imports each set as ``harness record import`` does, loads a server
with it, retrieves everything for each person of the set, and prints what is not green. What is found of single edits of
its answers is measured by ``truth_wire.py --official MATERIAL``.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

from live_his import DAY, driven, network_of, person_of_folder, served
from truth import OFFICIAL
from truth_cells import cells

from harness.core.verdicts import Verdict
from harness.network.file.model import NetworkPerson
from harness.network.person.records import network_records
from harness.reference.reconcile.known import index_records
from harness.reference.record.load import load_records
from harness.reference.records import Records
from harness.testscript.own.records import import_set

SAID = (Verdict.PASS, Verdict.NOT_APPLICABLE, Verdict.WARNING)


def main() -> int:
    """Print one line per person; exit 1 when something is red or undecided."""
    material, bad = Path(sys.argv[1]), 0
    for standard, name in OFFICIAL.items():
        with tempfile.TemporaryDirectory() as scratch:
            out = Path(scratch) / "set"
            import_set(material / "nictiz-testscripts" / "STU3" / name, out, DAY)
            folders = sorted(path.parent for path in out.glob("*/record.yaml"))
            held = [person_of_folder(folder) for folder in folders]
            shared = person_of_folder(folders[0])
            practice = [type(shared)(**{**vars(shared), "id": "_practice", "folder": out / "_practice"})]
            loaded = load_records(folders, t=DAY)
            full = {cell.record.person for cell in cells(index_records(loaded), [standard], DAY)}
            with served([*held, *practice]) as his:
                for folder, record in zip(folders, loaded, strict=True):
                    if record.person not in full:
                        continue  # holds nothing until it is sent
                    patient = record.resource(record.key) or {}
                    person = NetworkPerson(
                        id=record.person,
                        birth_date=str(patient.get("birthDate", "")),
                        patients=(record.key.partition("/")[2],),
                        record=str(folder),
                    )
                    network = network_of(his, standard, [person], Path(scratch))
                    found = driven(network, standard, Records(network_records(network, DAY)))
                    print(f"{name} {record.person}:", dict(Counter(item.verdict.value for item in found)))
                    for item in found:
                        if item.verdict not in SAID and "-SND-" not in item.requirement:  # nothing is sent
                            bad += item.verdict is not Verdict.NOT_TESTED
                            print("  ", item.requirement, item.verdict.value, item.where.path, item.expected, "|",
                                  item.received, "|", item.next_step.en[:160])  # fmt: skip
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
