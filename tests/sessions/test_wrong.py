"""One mistake of a PGO comes to what it is, and to nothing else: every duty that the situations decide."""

from __future__ import annotations

from pathlib import Path
from re import findall

import pytest
from live_pgo.wrong import WRONG
from served import Served, said

LISTS = ("ordinary", "list-duplicate-name", "list-stale")
STATES = ("ordinary", "state-altered", "state-missing")
ERRORS = ("ordinary", "error-server", "error-unknown", "error-with-code", "consent-refused")
REFRESH = ("ordinary", "token-fails", "expired-token")
SERVERS = ("ordinary", "not-whitelisted", "certificate-expired", "foreign-next")


@pytest.mark.parametrize(
    ("wrong", "situations"),
    [
        ("any-duplicate", LISTS),
        ("no-ids", STATES),
        ("response-type", ERRORS),
        ("old-code-on-error", ERRORS),
        ("code-twice", REFRESH),
        ("refresh-same-thread", REFRESH),
        ("thread-kept", REFRESH),
        ("no-whitelist", SERVERS),
        ("scope-suffix", ("ordinary",)),
        ("foreign-client-id", ("ordinary",)),
        ("encoded-twice", ("ordinary",)),
        ("other-parameters", ("ordinary",)),
        ("token-in-url", ("ordinary",)),
        ("bsn-sent", ("ordinary",)),
        ("token-json", ("ordinary",)),
    ],
)
def test_a_mistake_comes_to_what_it_is(served: Served, wrong: str, situations: tuple[str, ...]):
    session = served.begin(*situations)
    pgo = served.pgo(session, wrong)
    while session["now"]:
        now = session["now"]["id"]
        if now == "expired-token":
            pgo.live_on(session["reach"]["provider"], session["person"])
        else:
            served.visit(session, pgo, consent="no" if now == "consent-refused" else "yes")
        if now == "ordinary":
            served.visit(session, pgo)
        session = served.next(session)
    found = said(served.end(session))
    assert found == {name: WRONG[wrong].get(name, "pass") for name in found}


def test_every_switch_of_the_scripted_pgo_has_its_verdict():
    script = Path(__file__).parents[2] / "benchmarks" / "live_pgo" / "pgo.py"
    switches = set(findall(r'(?:has|trusts_anybody)\("([a-z-]+)"\)', script.read_text()))
    assert switches == set(WRONG) - {""}
    assert len(switches) >= 30
