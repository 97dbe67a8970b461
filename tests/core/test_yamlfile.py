"""Strict YAML: duplicate keys, lines, limits, schema errors with the nearest word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.errors import ConfigurationError
from harness.core.yamlfile import check_schema, load_yaml, parse_yaml

GOOD = """
requirements:
  - id: HG-PAT-001
    title: {nl: a, en: b}
    source: clause 1
    topic: identity
    group: patient
    mark: S
    role: his
    depends: [his, standard]
    strength: MUST
    kind: automatic
    state: active
"""


def test_lines_and_values():
    document = parse_yaml("a: 1\nb:\n  - x: 2026-03-01\n    y: true\n", "f.yaml")
    assert document.data == {"a": 1, "b": [{"x": "2026-03-01", "y": True}]}
    assert document.line("b", 0, "y") == 4
    assert document.where("b", 0, "absent") == "f.yaml:3"


def test_duplicate_key_is_an_error_with_its_line():
    with pytest.raises(ConfigurationError, match="appears twice") as caught:
        parse_yaml("a: 1\nb: 2\na: 3\n", "f.yaml")
    assert caught.value.where == "f.yaml:3"


def test_custom_tags_make_no_objects():
    document = parse_yaml("a: !!python/object/apply:os.system ['x']\n", "f.yaml")
    assert document.data == {"a": ["x"]}


def test_deep_nesting_is_refused():
    with pytest.raises(ConfigurationError, match=r"too deeply|not valid"):
        parse_yaml("[" * 5000 + "]" * 5000, "f.yaml")


def test_alias_bomb_is_refused():
    text = "a: &a [1,1,1,1,1,1,1,1,1,1]\n"
    for index in range(1, 9):
        previous = "a" if index == 1 else f"x{index - 1}"
        text += f"x{index}: &x{index} [{','.join(['*' + previous] * 10)}]\n"
    with pytest.raises(ConfigurationError, match="too large"):
        parse_yaml(text, "bomb.yaml")


def test_schema_error_names_the_nearest_key():
    document = parse_yaml(GOOD.replace("strength:", "strenght:"), "r.yaml")
    with pytest.raises(ConfigurationError) as caught:
        check_schema(document, "requirements")
    assert caught.value.where == "r.yaml:11" and "did you mean 'strength'" in caught.value.render("en")


def test_schema_error_names_the_nearest_value():
    with pytest.raises(ConfigurationError) as caught:
        check_schema(parse_yaml(GOOD.replace("automatic", "automatc"), "r.yaml"), "requirements")
    assert "did you mean 'automatic'" in caught.value.render("en")


PARTIES = """
participants:
  - {{id: {id}, role: his, kind: twin, standards: [pdfa-3.0], dvza: d}}
  - {{id: d, role: dvza, kind: twin, standards: [pdfa-3.0]}}
  - {{id: p, role: pgo, kind: twin, standards: [pdfa-3.0]}}
"""


def test_schema_error_names_the_limit_that_was_exceeded():
    check_schema(parse_yaml(PARTIES.format(id="a" * 40), "n.yaml"), "network")
    with pytest.raises(ConfigurationError, match="at most 40 characters") as caught:
        check_schema(parse_yaml(PARTIES.format(id="a" * 41), "n.yaml"), "network")
    assert "hoogstens 40 tekens" in caught.value.render("nl")
    for wrong in ("EEN", "-a", "a-", "a_b"):
        with pytest.raises(ConfigurationError, match="lower case letters, digits and hyphens, no hyphen"):
            check_schema(parse_yaml(PARTIES.format(id=wrong), "n.yaml"), "network")


def test_good_document_passes():
    check_schema(parse_yaml(GOOD, "r.yaml"), "requirements")


def test_missing_file(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_yaml(tmp_path / "absent.yaml")


@given(st.text(max_size=300))
def test_any_text_parses_or_gives_a_clear_error(text):
    try:
        parse_yaml(text, "f.yaml")
    except ConfigurationError as error:
        assert error.where.startswith("f.yaml")
