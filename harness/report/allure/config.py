"""What stands beside the results: environment, categories (Allure 2), ``allurerc.mjs`` (Allure 3).

The report is made beside the run folder (``<run>-allure``), for nothing that others make belongs in a
run that is sealed; from there the links of its items find the pages. Its history stands beside the run
folders too.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from harness.core.run.folder import RunFolder
from harness.core.run.place import disk
from harness.core.text import Lang
from harness.report.allure.categories import for_allure_2, for_allure_3
from harness.report.headlines import counted_of, outcome_word
from harness.report.summary import RunSummary
from harness.report.words import WHY_UNASSIGNED, title, word

CONFIG: Final = "allurerc.mjs"
REPORT: Final = "-allure"
"""What the name of the folder of the Allure report ends with; it begins with that of the run."""
HISTORY: Final = "allure-history.jsonl"
MAX_HISTORY: Final = 20
"""Runs that are kept: each takes some 400 kB."""
MAX_UNASSIGNED: Final = 20
"""Groups of exchanges without a finding that are told."""
_SCRIPT: Final = """\
// %(said)s: npx allure@3 generate --config allurerc.mjs .
// npx allure@3 quality-gate … asks Node 22; the exit code of the harness never depends on it.
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const critical = (label) => label.name === "severity" && label.value === "critical";
const must = (result) => result.labels.some(critical);

export default {
  ...%(settings)s,
  output: here(%(output)s),
  historyPath: here(%(history)s),
  qualityGate: {
    rules: [
      { id: "must", maxFailures: 0, filter: must },
      { id: "whole", minTestsCount: %(items)d },
    ],
  },
};
"""


def write_beside(folder: Path, run: RunFolder, summary: RunSummary, items: int, lang: Lang) -> None:
    """Write what a folder of results needs besides the results.

    :param items: how many items the run has.
    """
    rows = _environment(summary, lang)
    text = "".join(f"{_escape(key)}={_escape(value)}\n" for key, value in rows.items())
    disk.write(folder / "environment.properties", text.encode())
    disk.write(folder / "categories.json", _json(for_allure_2(lang)))
    script = _SCRIPT % {
        "said": word("qualification report", lang),
        "settings": _json(_settings(summary, lang)).decode(),
        "output": _path(folder, run.path.with_name(run.path.name + REPORT)),
        "history": _path(folder, run.path.parent / HISTORY),
        "items": items,
    }
    disk.write(folder / CONFIG, script.encode())


def pages_from_allure(run: RunFolder) -> str:
    """The address of the pages of a run in its Allure report."""
    return f"../{quote(run.path.resolve().name)}/{run.report.name}/"


def _settings(summary: RunSummary, lang: Lang) -> dict[str, object]:
    """What of the configuration is data."""
    rehearsal = f" ({word('rehearsal', lang)})" if summary.rehearsal else ""
    name = title("qualification report", lang) + rehearsal
    outcomes = {
        f"{item.party.role.upper()} {item.party.name}": (
            f"{outcome_word(item.standing, rehearsal=summary.rehearsal).of(lang)}: "
            f"{counted_of(item.result).of(lang)}"
        )
        for item in summary.parties.values()
        if summary.stated(item)
    }
    return {
        "name": name,
        "appendHistory": True,
        "historyLimit": MAX_HISTORY,
        "hideLabels": ["waiver"],
        "variables": outcomes,
        "categories": {"rules": for_allure_3(lang)},
        "plugins": {
            "awesome": {
                "options": {
                    "reportName": name,
                    "reportLanguage": lang,
                    "groupBy": ["parentSuite", "feature", "story"],
                }
            }
        },
    }


def _path(folder: Path, target: Path) -> str:
    """A place as a URL relative to the folder of the results, as a string of JavaScript."""
    relative = os.path.relpath(target.resolve(), folder.resolve()).replace(os.sep, "/")
    return msgspec.json.encode(quote(relative)).decode()


def _environment(summary: RunSummary, lang: Lang) -> dict[str, str]:
    info = summary.info
    return {
        "harness": info.harness,
        "catalogue": info.hashes.get("catalogue", "")[:16],
        "T": info.t,
        **{
            f"{item.role}.{item.id}": " ".join(filter(None, (item.vendor, item.product, item.version)))
            or item.kind
            for item in info.participants
        },
        title("not assigned", lang): str(sum(item.number for item in summary.unassigned)),
        **{
            f"{word('not assigned', lang)} {number}": f"{item.number} x {item.client} > {item.server} "
            f"{item.what} [{item.answer}]: {WHY_UNASSIGNED[item.reason].of(lang)} ({item.first})"
            for number, item in enumerate(summary.unassigned[:MAX_UNASSIGNED], 1)
        },
    }


def _json(document: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=2)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", " ").replace("=", "\\=").replace(":", "\\:")
