"""Data that was checked before is not checked again, and nothing else is let through."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.core.data import data_path
from harness.core.errors import ConfigurationError
from harness.core.schemas import vouched
from harness.core.standards.entries import read_source
from harness.core.yamlfile import check_schema, load_yaml, parse_yaml, schema_errors

TRUST = data_path("profiles", "afsprakenstelsel", "faults.yaml")
DEMO = data_path("fixtures", "networks", "demo.yaml")


def test_what_ships_is_right_by_its_schema() -> None:
    with vouched.collecting() as found:
        assert schema_errors(read_source(TRUST), "faults") == []
    assert list(found.values()) == [str(TRUST)]
    assert vouched.holds(next(iter(found)))


def test_the_same_bytes_against_another_schema_are_checked() -> None:
    with pytest.raises(ConfigurationError):
        check_schema(load_yaml(DEMO), "requirements")


def test_one_other_byte_is_checked(tmp_path: Path) -> None:
    copy = Path(shutil.copy(DEMO, tmp_path))
    copy.write_text(copy.read_text(encoding="utf-8").replace("role: his", "role: hiss", 1), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="hiss"):
        load_yaml(copy, "network")


def test_other_words_in_the_table_are_another_check() -> None:
    document, schema = parse_yaml("a: 1", "x.yaml"), b"{}"
    keys = {vouched.digest(document.sha256, schema, words) for words in (None, {"a": ("b",)}, {"a": ("c",)})}
    assert len(keys) == 3


def test_a_start_checks_no_shipped_data_again() -> None:
    words = "import sys; from harness.judge.catalogue import load_catalogue as load; load();"
    done = subprocess.run(
        [sys.executable, "-c", f"{words} sys.exit('jsonschema' in sys.modules)"], check=False
    )
    assert done.returncode == 0
