"""The pytest plugin: options, and nothing else until they are used.

Every pytest run on a machine with the harness installed loads this module, so it imports nothing heavy.
``pytest scenarios --harness-network FILE`` and ``harness qualify`` run the same items
(:mod:`harness.plugin.items`); ``--testscripts DIR`` collects FHIR TestScripts
(:mod:`harness.plugin.testscripts`).
"""

from __future__ import annotations

import pytest

from harness.plugin.options import add_options
from harness.scenario import scenario_of

WITHOUT_NETWORK = "no network: give --harness-network FILE (or 'demo')"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the harness."""
    add_options(parser)


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
