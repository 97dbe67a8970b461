"""The report of a large run: seconds, kilobytes, and every kind of page in Chromium with axe-core.

The large run is made of a real one: its judged cells, exchanges and findings under other names, ten HISs with
thirty-three PGOs in two standards. The first PGO of each HIS gets the cells of the real run that stand for
others, the other PGOs those that only ask what depends on the pair; no cell is without exchanges::

    python benchmarks/pages.py [--run RUN] [--his 10] [--pgo 33] [--keep FOLDER] [--json]

Without ``--run`` the demo network is driven first, with one defect. Needs Chromium, Playwright, and axe-core from
``tests/node`` (``npm ci``); without these only time and size are measured. Exits 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from harness.core.data import data_path
from harness.core.run.findings import Cell, Finding
from harness.core.run.folder import RunFolder
from harness.core.run.info import ParticipantVersion, RunInfo, Share
from harness.core.run.results import cell_result
from harness.core.text import Text
from harness.core.verdicts import Verdict
from harness.judge.catalogue import Catalogue, load_catalogue
from harness.judge.cells import cell_exchanges
from harness.record.chain.write import UnitWriter
from harness.record.seal.countersign import Signable
from harness.report.dossier.bureau import DossierRow, Overview, write_page
from harness.report.dossier.check import CheckedDossier
from harness.report.dossier.compare import compare, side
from harness.report.dossier.document import Dossier, HeldRun
from harness.report.dossier.milestones import milestone_rows
from harness.report.html import HtmlReport
from harness.report.pages.since import Since, since
from harness.report.programme.basiseisen import basiseis_rows

SECONDS, INDEX = 20.0, 300_000
"""Bars for 660 cells: to write all pages, and bytes of the first one."""
WIDTHS = (390, 768, 1440)
STANDARDS = ("huisartsgegevens-2.0", "pdfa-3.0")
AXE = Path(__file__).resolve().parent.parent / "tests" / "node" / "node_modules" / "axe-core" / "axe.min.js"
LONG = "Zorginformatiesysteemkoppelvlakbeheerorganisatie"
"""The last HIS and PGO are called so: a word that no column is made for."""
TREES = (
    "Berk", "Esdoorn", "Hazelaar", "Iep", "Kastanje", "Linde", "Meidoorn", "Populier", "Taxus", "Vlier",
    "Wilg", "Es", "Els", "Eik",
)  # fmt: skip
BIRDS = (
    "Aalscholver", "Boomklever", "Buizerd", "Eidereend", "Fuut", "Goudvink", "Groenling", "Houtduif", "IJsvogel",
    "Karekiet", "Kievit", "Kluut", "Koolmees", "Kwikstaart", "Lepelaar", "Merel", "Nachtegaal", "Ooievaar",
    "Patrijs", "Putter", "Roerdomp", "Scholekster", "Sijs", "Snip", "Spreeuw", "Tapuit", "Tureluur", "Visdief",
    "Wielewaal", "Winterkoning", "Wulp", "Zanglijster", "Zwaluw",
)  # fmt: skip


def driven(folder: Path) -> Path:
    """A run of the demo network with one defect."""
    text = data_path("fixtures", "networks", "demo.yaml").read_text(encoding="utf-8")
    network = folder / "network.yaml"
    mark = "behaviour: json-contained"
    network.write_text(text.replace(mark, f"{mark}\n    faults: [bsn-in-self-link]", 1), encoding="utf-8")
    words = ("--network", network, "--out", folder / "run", "--at", "2026-03-01")
    subprocess.run([sys.executable, "-m", "harness", "qualify", *map(str, words)], check=False)
    return folder / "run"


class Large:
    """A large run, made of the cells of a small one.

    :param real: the small one.
    """

    def __init__(self, real: RunFolder, his: int, pgo: int) -> None:
        self.real = real
        self.source = real.info()
        self.his = list(dict.fromkeys(cell.his for cell in self.source.plan))
        self.pgo = list(dict.fromkeys(cell.pgo for cell in self.source.plan))
        self.dvza = {cell.his: cell.dvza for cell in self.source.plan}
        self.release = self.source.plan[0].release
        self.size = (his, pgo)
        self.parties = {item.id: item for item in self.source.participants}
        self.plan = [self.cell(i, j, name) for i in range(his) for j in range(pgo) for name in STANDARDS]

    def cell(self, i: int, j: int, standard: str) -> Cell:
        """A cell of the large run."""
        return Cell(
            his=f"his-{i:02}", dvza=f"dvza-{i:02}", pgo=f"pgo-{j:02}", standard=standard, release=self.release
        )

    def model(self, cell: Cell) -> Cell:
        """The real cell that it is made of."""
        his = self.his[int(cell.his[-2:]) % len(self.his)]
        pgo = self.pgo[min(int(cell.pgo[-2:]), len(self.pgo) - 1)]
        return Cell(his=his, dvza=self.dvza[his], pgo=pgo, standard=cell.standard, release=cell.release)

    def renamed(self, text: str, cell: Cell) -> str:
        """A text of the model with the names of a cell."""
        model = self.model(cell)
        names = {model.his: cell.his, model.dvza: cell.dvza, model.pgo: cell.pgo}
        return re.sub("|".join(map(re.escape, names)), lambda found: names[found[0]], text)

    def others(self, cell: Cell, keys: tuple[str, ...]) -> tuple[str, ...]:
        """For which cells of the large run holds what holds for others in the small one."""
        i, j = int(cell.his[-2:]), int(cell.pgo[-2:])
        found = {}
        for key in keys:
            his, _, pgo, standard, _ = key.split("+")
            if standard not in STANDARDS:
                continue
            same = his == self.model(cell).his
            rows = (
                [i] if same else [one for one in range(self.size[0]) if self.his[one % len(self.his)] == his]
            )
            apart = j == 0 and pgo != self.model(cell).pgo
            columns = range(1, self.size[1]) if apart else (j,)
            for row in rows:
                for column in columns:
                    found[self.cell(row, column, standard).key] = None
        found.pop(cell.key, None)
        return tuple(found)

    def participants(self) -> Iterator[ParticipantVersion]:
        """Everybody, with names of the usual length."""
        for i in range(self.size[0]):
            tree = LONG if i == self.size[0] - 1 else TREES[i % len(TREES)]
            real = self.his[i % len(self.his)]
            yield msgspec.structs.replace(
                self.parties[real],
                id=f"his-{i:02}",
                vendor=f"{tree} Zorg-IT",
                product=f"{tree} HIS",
                version="8.1",
            )
            yield msgspec.structs.replace(
                self.parties[self.dvza[real]], id=f"dvza-{i:02}", vendor="Koppelaars", product=f"{tree} Poort"
            )
        for j in range(self.size[1]):
            real = self.pgo[min(j, len(self.pgo) - 1)]
            bird = LONG if j == self.size[1] - 1 else BIRDS[j % len(BIRDS)]
            yield msgspec.structs.replace(
                self.parties[real], id=f"pgo-{j:02}", vendor=f"{bird} B.V.", product=bird, version=""
            )

    def findings(self, cell: Cell, real: list[Finding]) -> list[Finding]:
        """The findings of a cell; one HIS in two has the defect, and it is seen with each PGO."""
        made = []
        for item in real:
            text = msgspec.json.encode(msgspec.structs.replace(item, holds_for=())).decode()
            new = msgspec.json.decode(self.renamed(text, cell), type=Finding)
            made.append(msgspec.structs.replace(new, cell=cell, holds_for=self.others(cell, item.holds_for)))
        return made

    def info(self) -> RunInfo:
        """What the large run was."""
        asked, shared, persons = {}, {}, {}
        for cell in self.plan:
            key = self.model(cell).key
            asked[cell.key] = self.source.settings.requirements.get(key, ())
            persons[cell.key] = self.source.settings.persons.get(key, "")
            shared[cell.key] = tuple(
                Share(requirements=one.requirements, cells=self.others(cell, one.cells))
                for one in self.source.settings.shared.get(key, ())
            )
        settings = msgspec.structs.replace(
            self.source.settings, requirements=asked, shared=shared, persons=persons, faults={}
        )
        return msgspec.structs.replace(
            self.source,
            id="groot",
            plan=tuple(self.plan),
            left_out=(),
            participants=tuple(self.participants()),
            settings=settings,
            troubles=(),
            unjudged=(),
        )

    def write(self, path: Path) -> RunFolder:
        """The run folder."""
        info, folder = self.info(), RunFolder(path)
        folder.write_start(info)
        models = {cell.key: cell for cell in self.source.plan}
        found: dict[str, list[Finding]] = {}
        for item in self.real.judged():
            found.setdefault(item.cell.key, []).append(item)
        recorded = {
            key: cell_exchanges(self.real, cell) for key, cell in models.items() if cell.standard in STANDARDS
        }
        for cell in self.plan:
            key = self.model(cell).key
            writer = UnitWriter.start(path, cell.key, folder.run)
            for item in recorded[key]:
                text = self.renamed(f"{item.id}\n{item.client}\n{item.server}", cell)
                name, client, server = text.split("\n")
                writer.write(
                    msgspec.structs.replace(item, id=name, client=client, server=server, cell=cell.key)
                )
            writer.end("finished")
            mine = self.findings(cell, found.get(key, []))
            folder.write_cell(cell_result(info, cell, mine, exchanges=len(recorded[key])))
        folder.write_end(info)
        folder.join(info.plan)
        return folder


def changed(large: RunFolder, catalogue: Catalogue, findings: list[Finding]) -> Since:
    """The large run since one in which some judgements were others, and some were not asked."""
    now = side(large.path, catalogue)
    said = (Verdict.FAIL, Verdict.PASS, Verdict.NOT_TESTED, None)
    verdicts = {}
    for number, (about, verdict) in enumerate(sorted(now.verdicts.items())):
        other = said[number % 4] if number % 37 == 0 or verdict is Verdict.FAIL else verdict
        if other is not None:
            verdicts[about] = other
    parties = {
        name: msgspec.structs.replace(item, version="8.0") if item.role == "his" else item
        for name, item in now.parties.items()
    }
    before = dataclasses.replace(
        now, name="runs/een-eerdere-run-2026-11-22", parties=parties, verdicts=verdicts
    )
    return since(compare(before, now), findings)


def overview_page(report: HtmlReport, info: RunInfo) -> bytes:
    """The page of a bureau with a dossier per HIS, one of them refused."""
    summary, catalogue, now = report.summary, load_catalogue(), datetime(2026, 12, 1, tzinfo=UTC)
    rows = []
    for number, item in enumerate(summary.of_role("his")):
        held = HeldRun(folder="run-1", run="0" * 64, root="0" * 64)
        dossier = Dossier(
            vendor=item.party.vendor,
            subject=(item.party.id, *item.others["dvza"]),
            region=("Noord", "Oost", "Zuid", "")[number % 4],
            made=info.now,
            harness=info.harness,
            runs=(held,),
        )
        lines = [row for part in (item, *summary.dvzas_of(item)) for row in part.rows]
        found = CheckedDossier(
            dossier=dossier,
            manifest="0" * 64,
            root="0" * 64,
            files=1,
            seal=None,
            summary=summary,
            exchanges=1,
            bound=(),
            basiseisen=tuple(basiseis_rows(lines, catalogue)),
            signable=Signable(b"", "", ("fingerprint",) * (number % 2), (), ""),
            countersigned=None,
            tested=(date(2026, 11, 20), date(2026, 11, 22))[: 1 + number % 2],
        )
        name = f"{item.party.id}-2026-11-29.dossier.zip"
        rows.append(
            DossierRow(name, "0" * 64, found=found, milestones=tuple(milestone_rows(found, now.date())))
        )
    told = Text(
        nl="manifest.json: de handtekening klopt niet", en="manifest.json: the signature is not right"
    )
    rows.append(DossierRow("onbekend.dossier.zip", "0" * 64, problem=told))
    return write_page(Overview(now, tuple(rows)), "nl")


def pages_of(folder: Path) -> dict[str, Path]:
    """One of each kind of page, in both languages."""

    def first(pattern: str) -> Path:
        return next(iter(sorted(folder.glob(pattern))))

    return {
        "matrix": folder / "index.html",
        "matrix (en)": folder / "index.en.html",
        "cell, findings": first("cell-his-00*pgo-00*huis*.nl.html"),
        "cell, met": first("cell-his-01*pgo-01*pdfa*.en.html"),
        "HIS": folder / "vendor-his-00.nl.html",
        "DVZA": folder / "vendor-dvza-01.nl.html",
        "PGO": folder / "vendor-pgo-00.en.html",
        "bureau": folder / "bureau.html",
        "compare": folder / "compare-since.nl.html",
    }


def looked_at(folder: Path, keep: Path | None) -> list[dict[str, Any]]:
    """Each page at each width, light and dark: what axe-core says, what scrolls sideways, what the console says."""
    from playwright.sync_api import sync_playwright

    axe, rows = AXE.read_text(encoding="utf-8"), []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=["--no-sandbox"]
        )
        for scheme in ("light", "dark"):
            for width in WIDTHS:
                context = browser.new_context(
                    viewport={"width": width, "height": 900},
                    color_scheme=scheme,  # type: ignore[arg-type]
                )
                for name, path in pages_of(folder).items():
                    page, said = context.new_page(), []
                    page.on("console", lambda message, said=said: said.append(message.text))
                    page.on("pageerror", lambda error, said=said: said.append(str(error)))
                    page.goto(path.as_uri())
                    if page.locator(".two").count():
                        page.locator(".two").scroll_into_view_if_needed()
                        page.locator(".pane h3").wait_for()
                    page.evaluate(axe)
                    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
                    if keep is not None:
                        page.screenshot(path=keep / f"{path.stem}-{width}-{scheme}.png")
                    rows.append(
                        {
                            "page": name,
                            "width": width,
                            "scheme": scheme,
                            "axe": [f"{item['impact']} {item['id']}" for item in result["violations"]],
                            "sideways": page.evaluate("document.documentElement.scrollWidth - innerWidth"),
                            "console": said,
                        }
                    )
                    page.close()
                context.close()
        if keep is not None:
            page = browser.new_page()
            for path in pages_of(folder).values():
                page.goto(path.as_uri())
                page.pdf(path=keep / f"{path.stem}.pdf", prefer_css_page_size=True)
        browser.close()
    return rows


def main() -> int:
    """Make the large run, write its report, look at its pages."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--run", type=Path, help="a finished run of the demo network")
    parser.add_argument("--his", type=int, default=10)
    parser.add_argument("--pgo", type=int, default=33)
    parser.add_argument("--keep", type=Path, help="where report and pictures stay")
    parser.add_argument("--json", action="store_true")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        base = words.keep or Path(name)
        base.mkdir(parents=True, exist_ok=True)
        run = RunFolder.open(words.run or driven(base))
        large = Large(run, words.his, words.pgo).write(base / "large")
        info, findings, catalogue = large.info(), large.judged(), load_catalogue()
        began, used = time.perf_counter(), time.process_time()
        report = HtmlReport(large, info, findings, catalogue, changed(large, catalogue, findings))
        index = report.write(base / "report")
        seconds, used = time.perf_counter() - began, time.process_time() - used
        files = [path.stat().st_size for path in (base / "report").iterdir()]
        (base / "report" / "bureau.html").write_bytes(overview_page(report, info))
        rows: list[dict[str, Any]] = []
        if AXE.is_file():
            rows = looked_at(base / "report", words.keep)
        told = {
            "cells": len(info.plan),
            "exchanges": sum(len(cell_exchanges(large, cell)) for cell in info.plan),
            "findings": len(findings),
            "seconds": round(seconds, 1),
            "seconds of processor": round(used, 1),
            "index bytes": index.stat().st_size,
            "files": len(files),
            "megabytes": round(sum(files) / 1e6, 1),
            "largest page bytes": max(files),
            "pages looked at": len(rows),
            "axe": sorted({f"{row['page']}: {item}" for row in rows for item in row["axe"]}),
            "sideways": sorted({f"{row['page']} at {row['width']}" for row in rows if row["sideways"] > 0}),
            "console": sorted({f"{row['page']}: {item}" for row in rows for item in row["console"]}),
        }
    if words.json:
        print(json.dumps(told, indent=2))
    else:
        print("\n".join(f"{name:20} {value}" for name, value in told.items()))
    bad = told["axe"] or told["sideways"] or told["console"]
    return int(bool(bad) or seconds > SECONDS or told["index bytes"] > INDEX)


if __name__ == "__main__":
    raise SystemExit(main())
