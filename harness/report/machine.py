"""The machine-readable summary of a run (``--json``); schema ``run-summary-1``."""

from __future__ import annotations

from typing import Any

from harness.core.exits import ExitCode
from harness.core.run.folder import RunFolder
from harness.report.summary import RunSummary


def run_document(summary: RunSummary, run: RunFolder, code: ExitCode) -> dict[str, Any]:
    """One JSON object: exit code, counts per verdict, vendors with headline and cells, findings."""
    return {
        "schema": "run-summary-1",
        "run": str(run.path),
        "exit": int(code),
        "summary": {verdict.value: number for verdict, number in summary.counts.items()},
        "vendors": [
            {
                "his": vendor.his.id,
                "outcome": vendor.outcome,
                "headline": {"nl": vendor.headline.nl, "en": vendor.headline.en},
                "cells": [
                    {
                        "his": item.cell.his,
                        "dvza": item.cell.dvza,
                        "pgo": item.cell.pgo,
                        "standard": item.cell.standard,
                        "release": item.cell.release,
                        "verdict": item.verdict.value,
                        "counts": {verdict.value: number for verdict, number in item.counts.items()},
                    }
                    for item in vendor.cells
                ],
            }
            for vendor in summary.vendors
        ],
        "findings": [item for vendor in summary.vendors for item in vendor.findings],
    }
