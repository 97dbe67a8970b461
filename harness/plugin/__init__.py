"""The pytest plugin: options, and nothing else until they are used.

Every pytest run on a machine with the harness installed loads this module, so it imports nothing heavy.
``pytest scenarios --harness-network FILE`` and ``harness qualify`` run the same items
(:mod:`harness.plugin.items`); ``--testscripts DIR`` collects FHIR TestScripts
(:mod:`harness.plugin.testscripts`).
"""

from __future__ import annotations

import pytest

from harness.core.run.info import INTENSITIES
from harness.scenario import scenario_of

SELECTORS = {
    "vendor": "vendors",
    "standard": "standards",
    "pgo": "pgos",
    "dvza": "dvzas",
    "release": "releases",
    "only": "only",
}
"""Option ``--harness-<name>`` → field of :class:`harness.core.run.info.Selection`."""
WITHOUT_NETWORK = "no network: give --harness-network FILE (or 'demo')"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the harness; the same words as those of ``harness qualify``."""
    group = parser.getgroup("medmij-harness", "MedMij conformance harness")
    group.addoption(
        "--harness-network", metavar="FILE", help="network file, or 'demo' for the embedded network"
    )
    group.addoption("--harness-out", metavar="DIR", help="run folder (default: reports/<time>)")
    group.addoption("--harness-at", metavar="DATE", help="the date that T stands for (default: today)")
    group.addoption("--harness-lang", choices=("nl", "en"), default="nl", help="language for people")
    group.addoption("--harness-intensity", choices=INTENSITIES, default="normal")
    for name in SELECTORS:
        group.addoption(f"--harness-{name}", action="append", default=[], metavar=name.upper())
    group.addoption(
        "--testscripts", action="append", default=[], metavar="DIR", help="collect FHIR TestScripts"
    )
    group.addoption("--testscripts-server", metavar="URL", help="FHIR base URL to run TestScripts against")
    group.addoption("--testscripts-token-map", metavar="FILE", help="tokens of the server under test")
    group.addoption(
        "--testscripts-package", action="append", default=[], metavar="PATH", help="FHIR package for profiles"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Open a run when a network is named, before the JUnit and Allure plugins look at their options."""
    if config.getoption("--testscripts"):
        from harness.plugin import testscripts

        testscripts.register(config)
        return
    if config.getoption("--harness-network") is None or hasattr(config, "workerinput"):
        config.pluginmanager.register(_WithoutNetwork(), "medmij-harness-without-network")
        return
    from harness.plugin import items, session

    session.open_run(config)
    config.pluginmanager.register(items, "medmij-harness-items")


class _WithoutNetwork:
    """Scenarios that are collected without a network are skipped, with the reason."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if scenario_of(metafunc.function) is not None and "cell" in metafunc.fixturenames:
            skipped = pytest.param(None, marks=pytest.mark.skip(reason=WITHOUT_NETWORK), id="no-network")
            metafunc.parametrize("cell", [skipped])
