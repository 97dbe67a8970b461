"""The first commands of somebody new: init, network check, faults, schema."""

from __future__ import annotations

import io
import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from harness.cli import run
from harness.core.standards.faults import faults
from harness.network.file import read_network

HIS = ["--for", "his", "--set", "fhir=https://his.example/fhir", "--set", "patient_id=12345"]
DVZA = ["--for", "dvza", "--set", "provider=a.b"]
PGO = ["--for", "pgo", "--set", "host=pgo.example.nl"]
ADDRESSES = [
    "authorize=https://a.example/x",
    "token=https://a.example/t",
    "resource=48=https://r.example/fhir",
]


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody answers."""
    monkeypatch.setattr("sys.stdin", io.StringIO(""))


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize(
    ("words", "live"),
    [
        (HIS, {"his"}),
        ([*HIS, "--set", "auth=header"], {"his"}),
        ([*DVZA, "--set", "lists=https://s.example"], {"his", "dvza"}),
        ([*DVZA, *(word for item in ADDRESSES for word in ("--set", item))], {"his", "dvza"}),
        (PGO, {"pgo"}),
    ],
)
def test_what_init_writes_can_be_read(tmp_path: Path, words: list[str], live: set[str]) -> None:
    file = tmp_path / "n.yaml"
    assert run(["init", str(file), *words]) == 0
    found = read_network(file)
    assert {item.role for item in found.participants if item.kind == "live"} == live
    assert {item.role for item in found.participants} == {"his", "dvza", "pgo"}
    first, _, rest = file.read_text(encoding="utf-8").partition("\n")
    schema = json.loads((tmp_path / first.rpartition("=")[2]).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(yaml.safe_load(rest))
    assert run(["network", "check", str(file)]) == 0


def test_a_wrong_answer_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = ["hiss", "his", "Bedrijf", "", "", "his.example", "https://his.example/fhir", "berer", "bearer"]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join([*answers, "", "", "12345", ""])))
    assert run(["init", str(tmp_path / "n.yaml")]) == 0
    found = read_network(tmp_path / "n.yaml").participant("mijn-his")
    assert (found.vendor, found.fhir, found.auth) == ("Bedrijf", "https://his.example/fhir", "bearer")
    told = capsys.readouterr().err
    assert "his | dvza | pgo" in told and "URL" in told


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (HIS[:2], "FHIR"),
        (["--for", "hsi"], "hsi"),
        ([*HIS, "--set", "smaak=zoet"], "smaak"),
        ([*HIS, "--set", "auth=berer"], "berer"),
        ([*HIS, "--set", "auth"], "KEY=VALUE"),
    ],
)
def test_an_answer_that_does_not_do_leaves_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    assert run(["init", str(tmp_path / "n.yaml"), *words]) == 2
    assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("silent")
def test_init_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "n.yaml").write_text("mine", encoding="utf-8")
    assert run(["init", str(tmp_path / "n.yaml"), *HIS]) == 2
    assert (tmp_path / "n.yaml").read_text(encoding="utf-8") == "mine"
    assert "bestaat al" in capsys.readouterr().err


WRONG = """
trust: [no.pem]
participants:
  - {id: his-a, role: his, kind: live, dvza: dvza-b}
  - {id: his-a, role: dvza, kind: twin, host: a.b}
  - {id: pgo-1, role: pgo, kind: twin, faults: [code-reuse]}
"""


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "n.yaml").write_text(WRONG, encoding="utf-8")
    assert run(["network", "check", str(tmp_path / "n.yaml"), "--lang", "en"]) == 2
    told = capsys.readouterr().err
    places = [told.find(word) for word in ("no.pem", "dvza-b", "appears twice", "'host'", "'code-reuse'")]
    assert -1 not in places and places == sorted(places)
    assert [told.count(f"n.yaml:{line}") for line in (2, 4, 5, 6)] == [1, 1, 2, 1]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("participants:\n\t- x\n", "spaties"),
        ("participants:\n  - {id: a, role: HIS, kind: twin}\n", "'his'"),
        (f"participants:\n  - {{id: {'a' * 41}, role: his, kind: twin}}\n", "hoogstens 40"),
    ],
)
def test_a_tab_a_capital_and_a_long_id_have_a_hint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, hint: str
) -> None:
    (tmp_path / "n.yaml").write_text(text, encoding="utf-8")
    assert run(["network", "check", str(tmp_path / "n.yaml")]) == 2
    assert hint in capsys.readouterr().err


def test_check_for_machines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "n.yaml").write_text(WRONG, encoding="utf-8")
    assert run(["network", "check", "demo", str(tmp_path / "n.yaml"), "--json"]) == 2
    files = json.loads(capsys.readouterr().out)["files"]
    assert [row["right"] for row in files] == [True, False]
    assert files[0]["participants"] == 6 and files[0]["cells"] == 24


def test_every_fault_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["faults", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["faults"]
    assert set(faults()) <= {row["name"] for row in rows}
    assert run(["faults", "--kills", "MM-CLI-002", "--lang", "en"]) == 0
    assert "accept-invalid-list" in capsys.readouterr().out
    assert run(["faults", "--role", "niemand"]) == 2


def test_schemas_are_listed_and_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    names = capsys.readouterr().out.split()
    assert {"network", "record", "waivers"} <= set(names)
    for name in names:
        assert run(["schema", name]) == 0
        jsonschema.Draft202012Validator.check_schema(json.loads(capsys.readouterr().out))
    assert run(["schema", "netwerk"]) == 2
    assert "network" in capsys.readouterr().err
