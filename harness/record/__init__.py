"""Record: every exchange is written down, redacted, before anything looks at it.

* :mod:`harness.record.recorder` the recorder that drivers and mocks call;
* :mod:`harness.record.raw` what they hand to it;
* :mod:`harness.record.redact.redactor` the redactor: raw exchange in,
  :class:`~harness.core.run.exchanges.Exchange` out (read this one first);
* :mod:`harness.record.chain` recordings as evidence, one per unit;
* :mod:`harness.record.seal`, :mod:`harness.record.verify` the seal of a run, and whether it is right;
* :mod:`harness.record.har` HAR 1.2 as an export.

Judges only ever see what comes out of here; the live object and the one read back from the file are equal.
"""

from __future__ import annotations

from harness.record.looking import Looking
from harness.record.raw import Known, RawExchange
from harness.record.recorder import Recorder
from harness.record.redact.documents.words import Vocabulary
from harness.record.redact.people.persons import DeclaredPerson, Persons
from harness.record.redact.redactor import Redactor
from harness.record.redact.wire.familiar import Familiar

__all__ = [
    "DeclaredPerson",
    "Familiar",
    "Known",
    "Looking",
    "Persons",
    "RawExchange",
    "Recorder",
    "Redactor",
    "Vocabulary",
]
