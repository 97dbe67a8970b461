"""Record: every exchange is written down, redacted, before anything looks at it.

* :mod:`harness.record.redact.facts` what may be known of a value that was replaced by a tag;
* :mod:`harness.record.redact.secrets` where secrets stand in HTTP messages;
* :mod:`harness.record.redact.persons` declared test persons, and masking of everybody else;
* :mod:`harness.record.redact.redactor` the redactor: raw exchange in,
:class:`~harness.core.run.exchanges.Exchange` out;
* :mod:`harness.record.har` the HAR 1.2 container: crash-safe append, reader;
* :mod:`harness.record.recorder` the recorder that drivers and mocks call.

Judges only ever see what comes out of here; the live object and the one read back from the file are equal.
"""

from __future__ import annotations

from harness.record.har import HarFile, read_har, read_run
from harness.record.recorder import Recorder
from harness.record.redact.persons import DeclaredPerson, Persons
from harness.record.redact.redactor import Known, RawExchange, Redactor

__all__ = [
    "DeclaredPerson",
    "HarFile",
    "Known",
    "Persons",
    "RawExchange",
    "Recorder",
    "Redactor",
    "read_har",
    "read_run",
]
