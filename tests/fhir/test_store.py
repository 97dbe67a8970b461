"""The store: copies, references, compartments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fhir.store import Store


def ref(key):
    return {"reference": key, "display": key}


def resources():
    return [
        {"resourceType": "Patient", "id": "p1", "generalPractitioner": [ref("Practitioner/gp")]},
        {"resourceType": "Patient", "id": "p2"},
        {"resourceType": "Practitioner", "id": "gp"},
        {"resourceType": "Practitioner", "id": "stranger"},
        {"resourceType": "Observation", "id": "o1", "subject": ref("Patient/p1")},
        {"resourceType": "Observation", "id": "o2", "subject": ref("Patient/p2")},
        {"resourceType": "EpisodeOfCare", "id": "e1", "patient": ref("Patient/p1")},
        {"resourceType": "Observation", "id": "child", "context": ref("EpisodeOfCare/e1")},
        {
            "resourceType": "DocumentReference",
            "id": "d1",
            "subject": ref("Patient/p1"),
            "content": [{"attachment": {"url": "Binary/b1"}}],
        },
        {"resourceType": "Binary", "id": "b1"},
        {"resourceType": "Binary", "id": "b2"},
    ]


@pytest.fixture
def store():
    found = Store()
    found.load(resources())
    return found


def test_compartment_holds_what_refers_to_the_patient(store):
    compartment = store.compartment("p1")
    assert {s.key for group in compartment.members.values() for s in group} == {
        "Patient/p1",
        "Observation/o1",
        "EpisodeOfCare/e1",
        "DocumentReference/d1",
    }


def test_compartment_reaches_what_members_refer_to_but_no_other_patient(store):
    reachable = store.compartment("p1").reachable
    assert {"Practitioner/gp", "Binary/b1"} <= reachable
    assert not {"Patient/p2", "Observation/o2", "Binary/b2", "Practitioner/stranger"} & reachable


def test_compartment_extends_through_named_types_only():
    plain, wide = Store(), Store(through=("EpisodeOfCare",))
    plain.load(resources())
    wide.load(resources())
    assert "Observation/child" not in plain.compartment("p1").reachable
    assert "Observation/child" in wide.compartment("p1").reachable


def test_readable(store):
    assert store.readable(store.find("Binary/b1"), "p1")
    assert not store.readable(store.find("Binary/b1"), "p2")
    assert not store.readable(store.find("Observation/o2"), "p1")
    assert store.readable(store.find("Binary/b2"), "p1"), "what nobody's record reaches is nobody's secret"
    assert store.readable(store.find("Observation/o2"), None)


def test_a_copy_is_independent_in_both_directions(store):
    twin = store.copy()
    twin.put({"resourceType": "Observation", "id": "new", "subject": ref("Patient/p1")})
    twin.delete("Observation", "o1")
    store.put({"resourceType": "Observation", "id": "mine", "subject": ref("Patient/p1")})
    assert store.find("Observation/new") is None and store.find("Observation/o1") is not None
    assert twin.find("Observation/mine") is None
    ids = lambda s: {o.id for o in s.compartment("p1").members["Observation"]}  # noqa: E731
    assert ids(store) == {"o1", "mine"}
    assert ids(twin) == {"new"}


def test_versions_and_tombstones(store):
    stored, created = store.put({"resourceType": "Observation", "id": "o1"})
    assert (stored.version, created) == (2, False)
    assert "Observation/o1" not in store.compartment("p1").reachable, "the old reference is forgotten"
    assert store.delete("Observation", "o1") and not store.delete("Observation", "o1")
    assert store.deleted("Observation/o1")
    assert store.put({"resourceType": "Observation", "id": "o1"})[1]
    assert not store.deleted("Observation/o1")


@pytest.mark.parametrize("bad", [{}, {"resourceType": "Patient"}, {"resourceType": "Patient", "id": "a b"}])
def test_only_resources_with_type_and_id_are_stored(store, bad):
    with pytest.raises(ValueError):
        store.put(bad)


@given(st.lists(st.tuples(st.sampled_from("pds"), st.integers(0, 3), st.integers(0, 3)), max_size=40))
def test_any_history_of_writes_and_copies_keeps_the_reverse_references_right(history):
    stores = [Store()]
    for action, index, target in history:
        store = stores[index % len(stores)]
        if action == "p":
            store.put({"resourceType": "Observation", "id": str(index), "subject": ref(f"Patient/{target}")})
        elif action == "d":
            store.delete("Observation", str(index))
        elif len(stores) < 4:
            stores.append(store.copy())
    for store in stores:
        for patient in "0123":
            wanted = {s.key for s in store if f"Patient/{patient}" in s.references}
            assert store.incoming(f"Patient/{patient}") == wanted


def test_a_provenance_belongs_to_the_patient_of_what_it_is_about(store):
    store.put({"resourceType": "Provenance", "id": "v1", "target": [{"reference": "Observation/o1"}]})
    store.put({"resourceType": "Provenance", "id": "v2", "target": [{"reference": "Organization/x"}]})
    assert [s.id for s in store.compartment("p1").members["Provenance"]] == ["v1"]
    assert "Provenance/v1" not in store.compartment("p2").reachable


def test_several_patients_may_be_one_compartment(store):
    store.put({"resourceType": "Observation", "id": "of-2", "subject": {"reference": "Patient/p2"}})
    both = store.compartment(("p1", "p2"))
    assert {s.id for s in both.members["Patient"]} == {"p1", "p2"}
    assert {"Observation/o1", "Observation/of-2"} <= both.reachable
    assert store.readable(store.find("Observation/of-2"), ("p1", "p2"))
    assert not store.readable(store.find("Observation/of-2"), "p1")
