"""Lists: round trip, schemas, safe parsing, faults by name, the cache as a state machine, diff."""

from __future__ import annotations

import importlib.util
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.errors import HarnessError, UsageError
from harness.medmij.lists import (
    Client,
    InterfaceVersion,
    LinkList,
    Ocl,
    Provider,
    ServiceNames,
    SystemRole,
    Whitelist,
    build,
    parse,
    url,
)
from harness.medmij.lists import cache as caches
from harness.medmij.lists.diff import Change, diff
from harness.medmij.lists.faults import DOCUMENT_FAULTS, INVALID, NAMES, XML_FAULTS, faulty
from harness.medmij.lists.model import Link, LinkService
from harness.medmij.releases import LIST_KINDS, ListKind, release, release_ids

_spec = importlib.util.spec_from_file_location("medmij_examples", Path(__file__).parent / "examples.py")
assert _spec and _spec.loader
ex = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(ex)

R = release("mm-2.2")
NOW = datetime(2030, 1, 2, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize("family", release_ids())
@pytest.mark.parametrize("kind", LIST_KINDS)
def test_round_trip_in_every_release(family: str, kind: ListKind) -> None:
    document = ex.example(kind)
    xml = build(document, release(family))
    parsed = parse(kind, xml, release(family))
    assert parsed.issues == ()
    assert parsed.document == document
    assert b"<ns0:" not in xml
    assert xml.count(b"\n") > 4


def test_link_list_round_trip() -> None:
    services = (LinkService(id="49", name="Huisartsgegevens", versions=("2",)),)
    link = Link(name="jansen@medmij", identifiers=(("AGB", "01234567"),), services=services)
    document = LinkList(timestamp=ex.STAMP, sequence=1, providers=(link,))
    assert parse("zkl", build(document, R), R).document == document


def test_release2_provider_list_without_versions() -> None:
    old = msgspec.structs.replace(R, lists={**R.lists, "zal": "zal-release2"})
    version = InterfaceVersion(id="", services=(ex.service("4"),))
    provider = Provider(name="umcharderwijk@medmij", kind="", versions=(version,))
    document = msgspec.structs.replace(ex.zal(), providers=(provider,))
    parsed = parse("zal", build(document, old), old)
    assert parsed.document == document
    assert provider.service("4", "1.4.0") == ex.service("4")
    assert parse("zal", build(document, old), R).issues[0].rule == "list-namespace"


def test_url_of_a_list() -> None:
    assert url("stelselnode.example", "whl", R) == "https://stelselnode.example/MedMij_Whitelist.xml?api=2"


EXPECTED_RULES = {
    "wrong-namespace": "list-namespace",
    "upper-case-host": "list-schema",
    "missing-zone": "list-schema",
    "duplicate-name": "list-unique",
    "truncated": "list-xml",
    "bad-schema": "list-schema",
    "doctype": "list-doctype",
    "empty-body": "list-empty",
    "trailing-slash": "list-schema",
    "front-port": "list-schema",
}


@pytest.mark.parametrize("fault", sorted(INVALID))
def test_every_content_fault_is_refused_by_its_rule(fault: str) -> None:
    xml = faulty(ex.zal(), R, fault)
    parsed = parse("zal", xml, R)
    assert parsed.document is None
    assert parsed.issues[0].rule == EXPECTED_RULES[fault]
    state = caches.received(caches.CacheState(kind="zal"), build(ex.zal(sequence=6), R), R, NOW).state
    step = caches.received(state, xml, R, NOW)
    assert step.outcome == "refused"
    assert step.state.document == state.document


@pytest.mark.parametrize("kind", ["ocl", "gnl", "whl"])
@pytest.mark.parametrize("fault", sorted(INVALID - {"trailing-slash", "front-port", "upper-case-host"}))
def test_content_faults_of_the_other_lists(kind: ListKind, fault: str) -> None:
    assert parse(kind, faulty(ex.example(kind), R, fault), R).issues[0].rule == EXPECTED_RULES[fault]


def test_upper_case_host_in_hostname_lists() -> None:
    for kind in ("ocl", "whl"):
        assert parse(kind, faulty(ex.example(kind), R, "upper-case-host"), R).issues[0].rule == "list-schema"


def test_unknown_fault_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="stale-volgnummer"):
        faulty(ex.zal(), R, "stale-volgnumer")
    assert set(XML_FAULTS) | set(DOCUMENT_FAULTS) < set(NAMES)


def test_cache_refresh_rules() -> None:
    state = caches.CacheState(kind="whl")
    assert caches.due(state, NOW)
    assert caches.stale(state, NOW, None)
    first = caches.received(state, build(ex.whl(9), R), R, NOW)
    assert first.outcome == "replaced"
    assert not caches.due(first.state, NOW + timedelta(seconds=899))
    assert caches.due(first.state, NOW + timedelta(seconds=900))
    assert caches.received(first.state, build(ex.whl(9), R), R, NOW).outcome == "unchanged"
    lower = caches.received(first.state, build(ex.whl(8), R), R, NOW)
    assert (lower.outcome, lower.issues[0].rule) == ("refused", "list-sequence")
    empty = caches.received(first.state, faulty(ex.whl(10), R, "empty"), R, NOW)
    assert (empty.outcome, empty.issues[0].rule) == ("refused", "list-whitelist-empty")
    changed = msgspec.structs.replace(ex.whl(9), hostnames=("pgo.example.nl",))
    same = caches.received(first.state, build(changed, R), R, NOW)
    assert same.issues[0].rule == "list-sequence-same"
    down = caches.failed(first.state, "HTTP 500", NOW + timedelta(hours=1))
    assert down.state.document == ex.whl(9)
    assert down.state.failures == 1
    assert caches.stale(down.state, NOW + timedelta(hours=9), timedelta(hours=8))
    assert not caches.stale(down.state, NOW + timedelta(hours=9), None)
    again = caches.received(down.state, build(ex.whl(10), R), R, NOW)
    assert again.state.failures == 0
    future = caches.received(first.state, faulty(ex.whl(11), R, "future-tijdstempel"), R, NOW)
    assert (future.outcome, future.issues[0].rule) == ("replaced", "list-future")


def test_diff() -> None:
    old = ex.whl()
    new = msgspec.structs.replace(old, hostnames=("pgo.example.nl", "new.example.nl"), sequence=10)
    assert diff(old, new) == (
        Change(kind="removed", key="mtls.dva.example"),
        Change(kind="added", key="new.example.nl"),
    )
    renamed = parse("ocl", faulty(ex.ocl(), R, "renamed-organisation"), R).document
    assert isinstance(renamed, Ocl)
    assert diff(ex.ocl(), renamed) == (
        Change(kind="changed", key="pgo.example.nl", fields=("organisation",)),
    )
    assert diff(old, old) == ()
    with pytest.raises(UsageError):
        diff(old, renamed)


def test_lookups() -> None:
    zal = ex.zal()
    provider = zal.provider("Jansen&Jansen")
    assert provider is not None
    assert provider.service("49", "2") == ex.service("49")
    assert provider.service("49", "1.4.0") is None
    client = ex.ocl().client("pgo.example.nl")
    assert client is not None
    assert client.services("2") == {"49"}
    assert Client(hostname="a.nl", organisation="Aap").services("2") is None
    assert ex.ocl().client("PGO.example.nl") is None
    assert ex.gnl().name("49") == "Huisartsgegevens"
    assert ex.whl().allows("PGO.example.nl")


def test_publishing_refuses_what_the_schema_refuses() -> None:
    bad = msgspec.structs.replace(
        ex.service(), roles=(SystemRole(code="X", resource_endpoint="http://a.nl"),)
    )
    provider = Provider(name="a.b@medmij", versions=(InterfaceVersion(id="2", services=(bad,)),))
    document = msgspec.structs.replace(ex.zal(), providers=(provider,))
    with pytest.raises(HarnessError):
        build(document, R)
    assert build(document, R, validate=False)


@pytest.mark.parametrize(
    "hostile",
    [
        b"<!DOCTYPE l [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><l>&b;</l>",
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE l><l/>'.encode("utf-16"),
        b"<l>" * 5000,
        b"\x00" * 50,
        b"<Whitelist/>",
        b"\xef\xbb\xbf<Whitelist",
    ],
)
def test_hostile_documents_give_issues(hostile: bytes) -> None:
    parsed = parse("whl", hostile, R)
    assert parsed.document is None
    assert parsed.issues


def test_names_do_not_blow_up_the_schema_engine() -> None:
    started = time.perf_counter()
    document = msgspec.structs.replace(
        ex.zal(), providers=(msgspec.structs.replace(ex.zal().providers[0], name="a" * 56 + "!"),)
    )
    assert parse("zal", build(document, R, validate=False), R).document is None
    host = "a-" * 100 + "!"
    assert parse(
        "whl", build(Whitelist(timestamp=ex.STAMP, sequence=1, hostnames=(host,)), R, validate=False), R
    )
    assert time.perf_counter() - started < 2


XML = build(ex.zal(), R)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, len(XML) - 1), st.binary(max_size=12), st.integers(0, 30))
def test_mutated_lists_never_raise(position: int, insert: bytes, cut: int) -> None:
    mutated = XML[:position] + insert + XML[position + cut :]
    parsed = parse("zal", mutated, R)
    assert (parsed.document is None) == bool(parsed.issues)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.binary(max_size=300))
def test_garbage_never_raises(data: bytes) -> None:
    for kind in LIST_KINDS:
        assert parse(kind, data, R).document is None


host = st.from_regex(r"[a-z][a-z0-9]{0,8}\.[a-z]{2,5}", fullmatch=True)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.sets(host, min_size=1, max_size=8), st.integers(1, 10**9))
def test_any_whitelist_round_trips(hosts: set[str], sequence: int) -> None:
    document = Whitelist(timestamp=ex.STAMP, sequence=sequence, hostnames=tuple(sorted(hosts)))
    assert parse("whl", build(document, R), R).document == document


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    st.text(
        alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs")), min_size=3, max_size=50
    )
)
def test_any_display_name_round_trips(name: str) -> None:
    document = ServiceNames(
        timestamp=ex.STAMP, sequence=1, services=(msgspec.structs.replace(ex.gnl().services[0], name=name),)
    )
    try:
        xml = build(document, R)
    except (HarnessError, ValueError):
        return  # a character that XML 1.0 does not know
    parsed = parse("gnl", xml, R)
    assert parsed.document is not None
