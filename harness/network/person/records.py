"""The reference records of the persons of a network."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from harness.network.file import Network
from harness.reference.record.load import load_records
from harness.reference.record.model import Record


def network_records(network: Network, t: date) -> list[Record]:
    """The records of everybody whose data may come out: of declared persons, and ours that a HIS names or
    a twin holds.

    What the network file names (``record: DIR``) goes before what we have of a person of that id; a person
    of whom there is neither has no record.

    :param t: what T stands for in a record that does not say when it was loaded.
    :raises ConfigurationError: a record contradicts itself, or two are of one person.
    :raises InputError: a file of a record cannot be read.
    """
    folders = {item.id: item.folder for item in network.own_persons()}
    for person in network.persons:
        if person.record:
            folders[person.id] = network.base / person.record
    loaded = load_records(list(folders.values()), t=t)
    return [replace(record, person=name) for name, record in zip(folders, loaded, strict=True)]
