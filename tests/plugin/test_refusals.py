"""A run is whole or was refused: one message, the code of its cause, and never a failure of the product."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.core.errors import ConfigurationError, InputError
from harness.judge import cells
from harness.matrix.crew import driving

PARTIES = """
persons:
  - {id: hanna-wilgenkamp, record: hanna}
participants:
  - {id: his-a, role: his, kind: twin, standards: [pdfa-3.0, eafspraak-2.0], dvza: dvza-a}
  - {id: dvza-a, role: dvza, kind: twin, standards: [pdfa-3.0, eafspraak-2.0]}
  - {id: pgo-1, role: pgo, kind: twin, standards: [pdfa-3.0, eafspraak-2.0]}
"""
SECRET = """
participants:
  - {id: his-a, role: his, kind: live, standards: [pdfa-3.0], dvza: dvza-a, fhir: "https://his.example/fhir",
     auth: bearer, credential: {env: HARNESS_TEST_ABSENT}, patient: header X-Patient}
  - {id: dvza-a, role: dvza, kind: twin, standards: [pdfa-3.0]}
  - {id: pgo-1, role: pgo, kind: twin, standards: [pdfa-3.0]}
"""


@pytest.fixture
def mistake(pytester):
    """A network file that names a record which is no YAML."""
    (pytester.path / "hanna").mkdir()
    (pytester.path / "hanna" / "record.yaml").write_text("person: hanna\nwithheld: [}\n")
    path = pytester.path / "network.yaml"
    path.write_text(PARTIES)
    return path


def files(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if "__pycache__" not in path.parts
    }


def test_a_mistake_in_a_record_refuses_the_run_before_collection(run, network, mistake):
    done = run(network=mistake, process=True)
    assert done.code == 2
    assert (done.out + done.err).count("is not valid YAML") == 1
    assert "record.yaml:2" in done.out + done.err
    assert not done.folder.exists()
    assert network.driven == []


def test_every_item_of_a_refused_run_is_broken_by_the_same_cause(run, pytester, monkeypatch):
    path = pytester.path / "network.yaml"
    path.write_text(SECRET)
    started = []
    real = driving.start
    monkeypatch.setattr(driving, "start", lambda *a, **o: started.append(1) or real(*a, **o))
    done = run(network=path)
    assert done.code == 2
    assert len(started) == 1
    assert done.suite == {"tests": 2, "failures": 0, "errors": 2, "skipped": 0}
    texts = {case.find("error").text for case in done.cases}
    assert len(texts) == 1 and "HARNESS_TEST_ABSENT: environment variable is not set" in texts.pop()
    assert {item["status"] for item in done.allure} == {"broken"}
    assert "2 errors" in done.out and "failed" not in done.out
    assert not {"run.json", "findings.json", "report"} & files(done.folder)
    assert "HARNESS_TEST_ABSENT" in (done.folder / "junit.xml").read_text()


@pytest.mark.parametrize(
    ("error", "code"),
    [(ConfigurationError("key is no key"), 2), (KeyError("nobody"), 3), (AssertionError("x"), 3)],
)
def test_the_exit_code_of_a_refused_run_is_that_of_its_cause(run, monkeypatch, error, code):
    def start(*args, **options):
        raise error

    monkeypatch.setattr(driving, "start", start)
    done = run("--harness-vendor", "his-eik")
    assert done.code == code
    assert done.suite["failures"] == 0 and done.suite["errors"] == done.suite["tests"] == 3
    assert {item["status"] for item in done.allure} == {"broken"}


def test_a_folder_that_is_somebody_elses_refuses_the_run(run, network, pytester):
    (pytester.path / "run").mkdir()
    (pytester.path / "run" / "letter.txt").write_text("x")
    done = run(process=True)
    assert done.code == 2 and "holds something that no run of the harness wrote" in done.out + done.err
    assert files(pytester.path / "run") == {"letter.txt"}


def test_a_scenario_with_an_unknown_requirement_refuses_the_run(run, network, pytester):
    pytester.makepyfile(
        test_story="""
from harness.scenario import Text, scenario

@scenario(flow="collect", requirements=("PD-GEN-0O1",), title=Text(nl="a", en="a"))
def test_documents(cell):
    cell.judge()
"""
    )
    done = run()
    assert done.code == 2
    assert "unknown requirement 'PD-GEN-0O1'" in done.out and "did you mean PD-GEN-0" in done.out
    assert network.driven == []


def test_a_flow_that_cannot_be_driven_breaks_only_its_items(run, network):
    network.broken["again"] = RuntimeError("no such page")
    done = run("--harness-vendor", "his-eik", "--harness-pgo", "pgo-zon")
    assert done.code == 3
    assert done.suite == {"tests": 2, "failures": 0, "errors": 1, "skipped": 0}
    broken = next(case for case in done.cases if case.find("error") is not None)
    assert broken.get("name").startswith("b · his-eik")
    assert "this flow could not be driven" in broken.find("error").text
    assert "no such page" in broken.find("error").text
    assert network.closed == 1
    first, *others = done.json("run.json")["troubles"]
    assert (first["requirements"], first["blame"]) == (["MM-AUT-001"], "harness")
    assert others  # other standards stepped in, and met the same


def test_a_mistake_of_the_user_inside_a_cell_is_undecided(run, network):
    network.broken["again"] = ConfigurationError("this recipe does not fit")
    done = run("--harness-vendor", "his-eik", "--harness-pgo", "pgo-zon")
    assert done.code == 6
    said = [item for item in done.json("findings.json")["findings"] if item["verdict"] == "error"]
    assert {(item["requirement"], item["blame"], item["party"]) for item in said} == {
        ("MM-AUT-001", "configuration", "dvza-eik")
    }


def test_a_cell_that_cannot_be_judged_is_driven_once_and_breaks_its_items(run, network, monkeypatch):
    def unreadable(folder, cell):
        raise InputError("cannot be read", where=cell.key)

    monkeypatch.setattr(driving, "cell_exchanges", unreadable)
    assert cells.cell_exchanges is not unreadable
    done = run("--harness-vendor", "his-eik", "--harness-pgo", "pgo-zon", "--harness-standard", "pdfa-3.0")
    assert done.code == 3
    assert done.suite == {"tests": 2, "failures": 0, "errors": 2, "skipped": 0}
    assert len(network.driven) == 2
    found = done.json("findings.json")["findings"]
    assert {(item["verdict"], item["blame"]) for item in found} == {("error", "harness")}
    assert "this cell could not be judged" in found[0]["next_step"]["en"]
