"""The machine-readable summary of a run (``--json``); schema ``run-summary-2``."""

from __future__ import annotations

from typing import Any

from harness.core.exits import ExitCode
from harness.core.run.folder import RunFolder
from harness.core.text import Text
from harness.judge.catalogue import Catalogue
from harness.report.dossier.waived import fingerprints
from harness.report.summary import CellSummary, PartySummary, RunSummary


def run_document(summary: RunSummary, run: RunFolder, code: ExitCode, catalogue: Catalogue) -> dict[str, Any]:
    """One JSON object: exit code, counts per verdict, the outcome of each party, cells, findings.

    ``outcome`` is ``conforms``, ``fails`` or ``no-verdict``; with ``stated: false`` it is no statement, for
    the party is a stand-in among live ones.
    """
    cover = summary.result.cover
    return {
        "schema": "run-summary-2",
        "run": str(run.path),
        "exit": int(code),
        "rehearsal": summary.rehearsal,
        "subject": sorted(summary.result.subject),
        "summary": {verdict.value: number for verdict, number in summary.counts.items()},
        "parties": [_party(item, summary) for item in summary.parties.values()],
        "cells": [_cell(item) for item in summary.cells],
        "findings": list(summary.findings),
        "fingerprints": fingerprints(summary, catalogue),
        "waivers": {
            "waived": {finding: item.fingerprint for finding, item in cover.waived.items()},
            "stale": [item.fingerprint for item in cover.stale],
            "expired": [item.fingerprint for item in cover.expired],
        },
        "unassigned": [
            {
                "reason": item.reason.value,
                "client": item.client,
                "server": item.server,
                "what": item.what,
                "answer": item.answer,
                "number": item.number,
                "first": item.first,
            }
            for item in summary.unassigned
        ],
    }


def _party(item: PartySummary, summary: RunSummary) -> dict[str, Any]:
    shortfall = item.result.shortfall
    return {
        "id": item.party.id,
        "role": item.party.role,
        "kind": item.party.kind,
        "stated": summary.stated(item),
        "outcome": item.standing.outcome.value,
        "obstacles": [obstacle.value for obstacle in item.standing.obstacles],
        "headline": _text(item.headline),
        "states": {state.value: number for state, number in item.standing.states.items()},
        "not_asked": {
            "standards": shortfall.standards,
            "releases": shortfall.releases,
            "parties": shortfall.parties,
            "requirements": shortfall.requirements,
        },
    }


def _cell(item: CellSummary) -> dict[str, Any]:
    return {
        "his": item.cell.his,
        "dvza": item.cell.dvza,
        "pgo": item.cell.pgo,
        "standard": item.cell.standard,
        "release": item.cell.release,
        "verdict": item.verdict.value,
        "progress": item.progress.value if item.progress is not None else "done",
        "sides": item.sides,
        "counts": {verdict.value: number for verdict, number in item.counts.items()},
        "shared": {verdict.value: number for verdict, number in item.shared.items()},
    }


def _text(text: Text) -> dict[str, str]:
    return {"nl": text.nl, "en": text.en}
