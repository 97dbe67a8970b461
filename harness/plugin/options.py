"""The options that the plugin adds to pytest; the same words as those of ``harness qualify``."""

from __future__ import annotations

import pytest

from harness.core.run.info import INTENSITIES

SELECTORS = {
    "vendor": "vendors",
    "standard": "standards",
    "pgo": "pgos",
    "dvza": "dvzas",
    "release": "releases",
    "only": "only",
}
"""Option ``--harness-<name>`` → field of :class:`harness.core.run.info.Selection`."""


def add_options(parser: pytest.Parser) -> None:
    """Add every option of the harness."""
    group = parser.getgroup("medmij-harness", "MedMij conformance harness")
    group.addoption(
        "--harness-network", metavar="FILE", help="network file, or 'demo' for the embedded network"
    )
    group.addoption("--harness-out", metavar="DIR", help="run folder (default: reports/<time>)")
    group.addoption(
        "--harness-resume",
        action="store_true",
        help="go on with the unfinished run in the run folder; finished cells stay",
    )
    group.addoption(
        "--harness-replace", action="store_true", help="discard the unfinished run in the run folder"
    )
    group.addoption(
        "--harness-challenge", metavar="FILE", help="challenge of a bureau that the run is bound to"
    )
    group.addoption(
        "--harness-waivers", metavar="FILE", help="waivers: findings that may stay for now (YAML)"
    )
    group.addoption(
        "--harness-budget", metavar="TIME", help="how long the run may take, e.g. 20m (default: no limit)"
    )
    group.addoption(
        "--harness-began", metavar="SECONDS", type=float, help="when that began (monotonic; default: now)"
    )
    group.addoption("--harness-jobs", metavar="N", type=int, default=1, help="how many processes drive cells")
    group.addoption("--harness-read-only", action="store_true", help="write nothing to a live party")
    group.addoption(
        "--harness-clean-up", action="store_true", help="delete in the end what was written to live parties"
    )
    group.addoption("--harness-at", metavar="DATE", help="the date that T stands for (default: today)")
    group.addoption("--harness-lang", choices=("nl", "en"), default="nl", help="language for people")
    group.addoption("--harness-intensity", choices=INTENSITIES, default="normal")
    group.addoption(
        "--harness-no-sharing",
        action="store_true",
        help="drive everything in every cell, also what does not depend on all of its parties",
    )
    for name in SELECTORS:
        group.addoption(f"--harness-{name}", action="append", default=[], metavar=name.upper())
    group.addoption(
        "--harness-for",
        action="append",
        default=[],
        metavar="PARTY",
        help="whose result decides the exit status (default: the live parties, in a rehearsal all)",
    )
    group.addoption(
        "--harness-require-verdict",
        action="store_true",
        help="anything but 'meets the requirements' is exit status 6",
    )
    group.addoption(
        "--testscripts", action="append", default=[], metavar="DIR", help="collect FHIR TestScripts"
    )
    group.addoption("--testscripts-server", metavar="URL", help="FHIR base URL to run TestScripts against")
    group.addoption(
        "--testscripts-record",
        action="append",
        default=[],
        metavar="DIR",
        help="reference record(s): answers are compared with it, reported apart from the verdicts",
    )
    group.addoption("--testscripts-token-map", metavar="FILE", help="tokens of the server under test")
    group.addoption(
        "--testscripts-package", action="append", default=[], metavar="PATH", help="FHIR package for profiles"
    )
