"""A small catalogue and runs over it, for the tests of reports."""

from __future__ import annotations

from harness.core.run.findings import Cell, Finding, Where, finding
from harness.core.run.info import FrozenRecord, ParticipantVersion, RunInfo, Settings
from harness.core.text import Text
from harness.core.verdicts import Blame, Strength, Verdict
from harness.judge.catalogue import Catalogue, Requirement

PGOS = ("pgo-1", "pgo-2")
CELLS = tuple(
    Cell(his="his-a", dvza="dvza-a", pgo=pgo, standard="huisartsgegevens-2.0", release="mm-2.2")
    for pgo in PGOS
)
EVIL = "<script>alert(1)</script>"


def requirement(
    identifier: str, strength: Strength = Strength.MUST, role: str = "his", **fields: str
) -> Requirement:
    return Requirement(
        id=identifier,
        title=Text(nl=f"eis {identifier}", en=f"requirement {identifier}"),
        source="clause",
        topic="form",
        group="patient",
        mark="S",
        role=role,
        depends=("his", "standard") if role == "his" else ("pgo",),
        strength=strength,
        kind=fields.pop("kind", "automatic"),
        state=fields.pop("state", "active"),
        standard="huisartsgegevens-2.0" if role == "his" else "",
        basiseis=("OPEN-ICT-30",),
        reason=Text(nl="komt later", en="comes later"),
    )


CATALOGUE = Catalogue(
    [
        requirement("HG-PAT-001"),
        requirement("HG-PAT-002"),
        requirement("HG-PAT-003", Strength.SHOULD),
        requirement("HG-PAT-004", state="planned"),
        requirement("HG-PAT-005", Strength.SHOULD, kind="manual"),
        requirement("MM-AUT-001", role="dvza"),
        requirement("MM-CLI-001", role="pgo"),
    ],
    "digest",
)
ASKED = ("HG-PAT-001", "HG-PAT-002", "HG-PAT-003", "MM-AUT-001", "MM-CLI-001")


def info(**kinds: str) -> RunInfo:
    """A run of HisPro and its DVZA with two PGOs; ``his="live"`` says that it is."""
    names = {"his-a": "his", "dvza-a": "dvza", "pgo-1": "pgo", "pgo-2": "pgo"}
    return RunInfo(
        id="run",
        harness="0.1",
        t="2026-03-01",
        now="2026-03-01T10:00:00+01:00",
        plan=CELLS,
        participants=tuple(
            ParticipantVersion(
                id=name,
                role=role,
                kind=kinds.get(role, "twin"),
                product="HisPro" if role == "his" else "",
                version="7.1" if role == "his" else "",
                standards=("huisartsgegevens-2.0",),
                releases=("mm-2.2",),
            )
            for name, role in names.items()
        ),
        hashes={"catalogue": "digest"},
        settings=Settings(
            requirements={cell.key: ASKED for cell in CELLS},
            persons={cell.key: "someone" for cell in CELLS},
            records={"someone": FrozenRecord(origin="bureau", sha256="0" * 64)},
        ),
    )


INFO = info(his="live")


def findings(**verdicts: Verdict) -> list[Finding]:
    """Findings for both cells; keyword = topic number, e.g. ``r1=Verdict.FAIL``."""
    return [
        finding(
            f"HG-PAT-00{name[1:]}",
            cell,
            verdict,
            blame=Blame.PRODUCT if verdict is Verdict.FAIL else None,
            party="his-a",
            where=Where(exchange="e-1", path="Bundle.link", line=3, column=7),
            expected="x",
            received=EVIL,
        )
        for name, verdict in verdicts.items()
        for cell in CELLS
    ]


def rest() -> list[Finding]:
    """The other parties met what they were asked."""
    return [finding(name, cell, Verdict.PASS) for cell in CELLS for name in ("MM-AUT-001", "MM-CLI-001")]
