"""Profile facts: from official definitions, to compact YAML and back, and what ships with the harness."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.errors import ConfigurationError
from harness.fhir.model.definitions import embedded
from harness.fhir.packages.cache import Cache
from harness.fhir.profiles.books.as_yaml import element_from_plain, element_to_plain, from_yaml, to_yaml
from harness.fhir.profiles.books.book import FactBook, Origin, searches_of
from harness.fhir.profiles.books.embedded import embedded_facts, load_books
from harness.fhir.profiles.differentials import merge
from harness.fhir.profiles.facts import (
    BindingFact,
    ElementFact,
    InvariantFact,
    ProfileError,
    ProfileFacts,
    SlicingFact,
    TypeFact,
    Value,
    from_structure_definition,
    references,
)
from harness.fhir.profiles.terminology import (
    Answer,
    CodeSystemFacts,
    FilterFact,
    IncludeFact,
    Terminology,
    ValueSetFacts,
    from_code_system,
    from_value_set,
)

words = st.from_regex(r"[a-z][A-Za-z]{0,7}", fullmatch=True)
urls = words.map(lambda w: f"http://example.org/{w}")
text = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=30)
values = st.one_of(
    st.builds(Value, type=st.just("code"), value=words),
    st.builds(Value, type=st.just("decimal"), value=st.decimals(-1000, 1000, places=2)),
    st.builds(Value, type=st.just("boolean"), value=st.booleans()),
    st.builds(Value, type=st.just("CodeableConcept"), value=st.fixed_dictionaries({"text": text})),
)
slices = st.one_of(st.just(""), words)


@st.composite
def elements(draw: st.DrawFn) -> ElementFact:
    """Any element fact that a definition can give."""
    names = draw(st.lists(words, min_size=1, max_size=3))
    path = ".".join(["Patient", *names])
    ident = ".".join(["Patient", *(n + (f":{s}" if (s := draw(slices)) else "") for n in names)])
    return ElementFact(
        path=path,
        id="" if ident == path else ident,
        slice_name=draw(slices),
        min=draw(st.none() | st.integers(0, 3)),
        max=draw(st.sampled_from(["", "0", "1", "*"])),
        types=tuple(
            draw(
                st.lists(
                    st.builds(
                        TypeFact,
                        code=words,
                        profiles=st.lists(urls, max_size=2).map(tuple),
                        targets=st.just(()),
                    ),
                    max_size=2,
                )
            )
        ),
        fixed=draw(st.none() | values),
        pattern=draw(st.none() | values),
        min_value=draw(st.none() | values),
        max_length=draw(st.integers(0, 9)),
        binding=draw(st.none() | st.builds(BindingFact, strength=st.just("required"), value_set=urls)),
        invariants=tuple(draw(st.lists(st.builds(InvariantFact, key=words, expression=text), max_size=2))),
        slicing=draw(
            st.none()
            | st.builds(
                SlicingFact,
                discriminators=st.lists(st.tuples(st.just("value"), words), max_size=2).map(tuple),
                rules=st.sampled_from(["open", "closed"]),
                ordered=st.booleans(),
            )
        ),
        modifier=draw(st.booleans()),
    )


@settings(max_examples=40, deadline=None)
@given(elements())
def test_an_element_survives_the_plain_form(element: ElementFact) -> None:
    assert element_from_plain(element_to_plain(element, "Patient"), "Patient") == element


@settings(max_examples=15, deadline=None)
@given(st.lists(elements(), max_size=4), st.lists(words, max_size=3))
def test_a_book_survives_yaml(found: list[ElementFact], codes: list[str]) -> None:
    facts = ProfileFacts(url="http://example.org/p", type="Patient", version="1.0", elements=tuple(found))
    values_ = ValueSetFacts(
        "http://example.org/vs", include=(IncludeFact("http://example.org/cs", tuple(codes)),)
    )
    system = CodeSystemFacts("http://example.org/cs", codes=dict.fromkeys(codes, ""))
    origin = Origin("a", "1", "h")
    book = FactBook([origin], {facts.url: facts}, {values_.url: values_}, {system.url: system}, codes)
    assert from_yaml(to_yaml(book)) == book


@settings(max_examples=50, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | text,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "url",
                        "type",
                        "differential",
                        "element",
                        "path",
                        "slicing",
                        "discriminator",
                        "binding",
                        "context",
                        "constraint",
                        "id",
                    ]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=20,
    )
)
def test_nonsense_definitions_never_crash(junk: Any) -> None:
    resource = (
        junk if isinstance(junk, dict) else {"differential": {"element": junk}, "url": "u", "type": "Patient"}
    )
    try:
        facts = from_structure_definition(resource)
    except ProfileError:
        return
    try:
        merge(facts.url, {facts.url: facts}.get, embedded("3.0.2").model)
    except ConfigurationError:
        return


@pytest.mark.parametrize(
    "data",
    ["", "[]", "format: 99", "format: 1\nprofiles: {u: {type: Patient, elements: [{id: a, card: x}]}}", "a: [", "format: 1\nprofiles: {u: 3}",
     "format: 1\nprofiles: {u: {type: Patient, elements: [{id: a, crd: 1..1}]}}", "format: 1\nprofiles: {u: {type: Patient, elements: [{id: a, fixed: 3}]}}"],
)  # fmt: skip
def test_unusable_books_are_configuration_errors(data: str) -> None:
    with pytest.raises(ConfigurationError):
        from_yaml(data)


def test_stu3_and_r4_definitions_give_the_same_facts() -> None:
    stu3 = {
        "url": "http://x.org/p", "type": "Observation", "kind": "resource", "derivation": "constraint", "context": ["Patient"],
        "differential": {"element": [
            {"id": "Observation.subject", "path": "Observation.subject", "type": [
                {"code": "Reference", "targetProfile": "http://x.org/a"}, {"code": "Reference", "targetProfile": "http://x.org/b"}]},
            {"path": "Observation.code", "binding": {"strength": "required", "valueSetReference": {"reference": "http://x.org/vs"}}},
        ]},
    }  # fmt: skip
    r4 = {
        "url": "http://x.org/p", "type": "Observation", "kind": "resource", "derivation": "constraint",
        "context": [{"type": "element", "expression": "Patient"}],
        "differential": {"element": [
            {"id": "Observation.subject", "path": "Observation.subject", "type": [
                {"code": "Reference", "targetProfile": ["http://x.org/a", "http://x.org/b"]}]},
            {"path": "Observation.code", "binding": {"strength": "required", "valueSet": "http://x.org/vs"}},
        ]},
    }  # fmt: skip
    assert from_structure_definition(stu3) == from_structure_definition(r4)
    assert set(references(from_structure_definition(stu3))) == {
        ("target", "http://x.org/a"),
        ("target", "http://x.org/b"),
        ("value-set", "http://x.org/vs"),
    }


class Source:
    """Definitions for terminology tests."""

    systems: ClassVar = {
        "s": CodeSystemFacts("s", codes={"a": "", "b": "a", "c": "b", "d": ""}),
        "v": CodeSystemFacts("v", version="1", codes={"a": ""}),
        "part": CodeSystemFacts("part", complete=False, codes={"a": ""}),
    }
    sets: ClassVar = {
        "listed": ValueSetFacts("listed", include=(IncludeFact("s", ("a", "b")),)),
        "whole": ValueSetFacts("whole", include=(IncludeFact("s"),), exclude=(IncludeFact("s", ("d",)),)),
        "below": ValueSetFacts("below", include=(IncludeFact("s", filters=(FilterFact("concept", "descendent-of", "a"),)),)),
        "external": ValueSetFacts("external", include=(IncludeFact("http://snomed.info/sct"), IncludeFact("s", ("a",)))),
        "imports": ValueSetFacts("imports", include=(IncludeFact(value_sets=("listed",)), IncludeFact(value_sets=("external",)))),
        "common": ValueSetFacts("common", include=(IncludeFact(value_sets=("listed", "whole")),)),
        "within": ValueSetFacts("within", include=(IncludeFact("s", ("b", "c"), value_sets=("listed",)),)),
        "maybe": ValueSetFacts("maybe", include=(IncludeFact("s", ("b", "c"), value_sets=("nowhere",)),)),
        "newer": ValueSetFacts("newer", include=(IncludeFact("v", version="2"),)),
        "older": ValueSetFacts("older", include=(IncludeFact("v", version="1"),)),
        "circle": ValueSetFacts("circle", include=(IncludeFact(value_sets=("circle",)),)),
        "partial": ValueSetFacts("partial", include=(IncludeFact("part"),)),
    }  # fmt: skip

    def value_set(self, url: str) -> ValueSetFacts | None:
        """By URL."""
        return self.sets.get(url)

    def code_system(self, url: str) -> CodeSystemFacts | None:
        """By URL."""
        return self.systems.get(url)


@pytest.mark.parametrize(
    ("value_set", "system", "code", "answer"),
    [
        ("listed", "s", "a", Answer.IN), ("listed", "s", "c", Answer.OUT), ("listed", "t", "a", Answer.OUT),
        ("whole", "s", "c", Answer.IN), ("whole", "s", "d", Answer.OUT),
        ("below", "s", "b", Answer.IN), ("below", "s", "c", Answer.IN), ("below", "s", "a", Answer.OUT),
        ("external", "http://snomed.info/sct", "1", Answer.UNKNOWN), ("external", "s", "b", Answer.OUT),
        ("imports", "s", "b", Answer.IN), ("imports", "http://snomed.info/sct", "1", Answer.UNKNOWN),
        ("common", "s", "b", Answer.IN), ("common", "s", "c", Answer.OUT),
        ("within", "s", "b", Answer.IN), ("within", "s", "c", Answer.OUT), ("within", "s", "a", Answer.OUT),
        ("maybe", "s", "b", Answer.UNKNOWN), ("older", "v", "z", Answer.OUT), ("newer", "v", "z", Answer.UNKNOWN),
        ("partial", "part", "z", Answer.UNKNOWN), ("absent", "s", "a", Answer.UNKNOWN),
    ],
)  # fmt: skip
def test_membership(value_set: str, system: str, code: str, answer: Answer) -> None:
    assert Terminology(Source()).members(value_set).decide(system, code) is answer


def test_a_value_set_that_imports_itself_ends() -> None:
    assert Terminology(Source()).members("circle").decide("s", "a") is Answer.UNKNOWN


def test_reading_value_sets_and_code_systems() -> None:
    system = from_code_system(
        {
            "url": "s",
            "content": "complete",
            "concept": [{"code": "a", "concept": [{"code": "b"}]}, {"code": "c"}],
        }
    )
    assert system.codes == {"a": "", "b": "a", "c": ""}
    lone = from_value_set(
        {
            "url": "v",
            "expansion": {
                "contains": [{"system": "s", "code": "a", "contains": [{"system": "s", "code": "b"}]}]
            },
        }
    )
    assert set(lone.include[0].codes) == {"a", "b"}


def test_shipped_facts_cover_the_four_standards(tmp_path: Path) -> None:
    facts = embedded_facts()
    assert facts is not None and len(facts.profiles) > 100
    model = embedded("3.0.2").model
    base = embedded("3.0.2").resources
    for url in facts.profiles:
        tree = merge(url, lambda u: facts.profiles.get(u) or _base(base, u), model)
        assert tree is not None and not tree.missing, url
        assert not tree.defects, (url, tree.defects)
    assert not any(i.human for p in facts.profiles.values() for e in p.elements for i in e.invariants)
    book = load_books([_facts_file()], Cache(tmp_path))
    assert book == load_books([_facts_file()], Cache(tmp_path)) == facts


def test_search_parameters_of_packages_are_those_that_fhir_has_not() -> None:
    defined = {"resourceType": "SearchParameter", "code": "period-of-use"}
    wrong = {"resourceType": "SearchParameter", "code": ["x"], "rest": [{"resource": "x"}, 7]}
    told = [{"name": "activity-goal"}, {"name": "status"}, {"name": "Jan de Tester"}, {"name": 7}, "x"]
    stated = {"resourceType": "CapabilityStatement", "rest": [{"resource": [{"searchParam": told}]}]}
    assert searches_of([defined, wrong, stated], embedded("3.0.2")) == ["activity-goal", "period-of-use"]
    one, other = FactBook(searches=["b", "a"]), FactBook(searches=["c", "b"])
    one.join(other)
    assert one.searches == ["a", "b", "c"]


def _base(resources: Any, url: str) -> ProfileFacts | None:
    found = resources.get("StructureDefinition", url)
    return None if found is None else from_structure_definition(found)


def _facts_file() -> Path:
    return Path(__file__).resolve().parents[2] / "profiles" / "fhir" / "facts-stu3.yaml"


def test_decimals_stay_exact() -> None:
    element = ElementFact(path="Patient.x", min_value=Value("decimal", Decimal("0.10")))
    facts = ProfileFacts(url="u", type="Patient", elements=(element,))
    again = from_yaml(to_yaml(FactBook([], {"u": facts}, {}, {}))).profiles["u"].elements[0]
    assert again.min_value is not None and str(again.min_value.value) == "0.10"
