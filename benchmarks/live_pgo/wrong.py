"""What each mistake of the PGO must come to: the requirements that do not pass, with what is said of them.

Whatever is not named here passes. What is said besides the mistake itself follows from it: a PGO that gets no
token shows nothing of data, so that it is *not tested* there. The verdicts were decided from the requirements
and their sources, not from what the harness said.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final


def unseen(numbers: Iterable[int]) -> dict[str, str]:
    """Duties of which nothing was seen, by number."""
    return {f"MM-CLI-{number:03}": "not-tested" for number in numbers}


QUERIES: Final = {f"HG-REQ-{number:03}": "inconclusive" for number in (1, 2, 3)}
"""No query was sent, for a step before broke; the finding says which."""
NO_DATA: Final = {**QUERIES, **unseen((17, 19, 23, 24, 25, 26))}
"""No token request succeeds."""
NO_TOKEN: Final = {**NO_DATA, **unseen((11, 18))}
NO_CODE: Final = {**NO_TOKEN, **unseen((9, 12, 13, 14, 15, 21, 22))}
"""No authorization request succeeds, with an error at the own redirect address or on a page."""

WRONG: Final[dict[str, dict[str, str]]] = {
    "": {},
    "accept-plain": {"MM-CLI-026": "warning"},
    "any-duplicate": {"MM-CLI-002": "fail"},
    "any-host": {"MM-CLI-021": "fail"},
    "any-namespace": {"MM-CLI-002": "fail"},
    "any-next": {"MM-CLI-019": "fail", "MM-CLI-025": "warning"},
    "any-time": {"MM-CLI-002": "fail"},
    "basic": {"MM-CLI-014": "warning"},
    "bsn-sent": {"HG-REQ-001": "fail", "MM-CLI-020": "fail"},
    "client-secret": {"MM-CLI-014": "warning"},
    "code-again": {"MM-CLI-012": "fail"},
    "code-despite-error": {"MM-CLI-015": "fail"},
    # offering a code twice ends what came of it (RFC 6749, 4.1.2): no page of data comes
    "code-twice": {"MM-CLI-012": "fail", **unseen((25,))},
    "encoded-twice": {**NO_CODE, "MM-CLI-005": "fail"},
    "first-version": {"MM-CLI-004": "fail"},
    "foreign-client-id": {**NO_CODE, "MM-CLI-006": "fail"},
    "impatient": {"MM-CLI-023": "fail"},
    "lists-in-between": {},
    # lists may be kept; what only a new list shows was not seen
    "lists-once": unseen((2, 3, 4, 21, 22)),
    "no-bearer": {"HG-REQ-003": "fail", "MM-CLI-019": "fail", **unseen((25,))},
    "no-client-id": {**NO_TOKEN, "MM-CLI-013": "fail"},
    "no-host-check": {"MM-CLI-021": "fail"},
    "no-ids": {**NO_CODE, "MM-CLI-010": "fail"},
    "no-tls-check": {"MM-CLI-021": "fail", "MM-CLI-022": "warning"},
    "no-whitelist": {
        "MM-CLI-001": "fail",
        "MM-CLI-019": "fail",
        "MM-CLI-021": "fail",
        "MM-CLI-025": "warning",
    },
    # the old code comes after an error, and it comes for the second time
    "old-code-on-error": {"MM-CLI-012": "fail", "MM-CLI-015": "fail"},
    "old-tls-too": {"MM-CLI-021": "fail"},
    "older-lists": {"MM-CLI-003": "warning"},
    "other-parameters": {"HG-REQ-002": "fail"},
    "other-redirect": {**NO_TOKEN, "MM-CLI-013": "fail"},
    "patient-named": {"HG-REQ-001": "fail"},
    "query-missing": {"HG-REQ-002": "fail"},
    "redirect-port": {**NO_CODE, "MM-CLI-006": "fail"},
    "refresh-grant": {"MM-CLI-018": "fail"},
    "refresh-old": {"MM-CLI-018": "fail"},
    "refresh-same-thread": {"MM-CLI-011": "fail"},
    "response-type": {**NO_CODE, "MM-CLI-005": "fail"},
    "same-request-id": {"MM-CLI-010": "fail"},
    "scope-ignored": {"MM-CLI-017": "fail"},
    "scope-suffix": {**NO_CODE, "MM-CLI-007": "fail"},
    "state-fixed": {"MM-CLI-008": "fail"},
    "state-ignored": {"MM-CLI-009": "fail"},
    "state-missing-fine": {"MM-CLI-009": "fail"},
    "state-short": {"MM-CLI-008": "fail"},
    # section 3.1: new for every authorization request
    "thread-kept": {"MM-CLI-010": "fail"},
    "thread-lost": {"MM-CLI-010": "fail"},
    # a token in the address is refused, so no page of data comes
    "token-in-url": {"MM-CLI-019": "fail", **unseen((25,))},
    "token-json": {**NO_TOKEN, "MM-CLI-013": "fail"},
    "wildcard-fine": {"MM-CLI-022": "warning"},
}
