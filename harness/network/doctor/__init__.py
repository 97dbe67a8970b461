"""The doctor: a preflight that says whose side a problem is on, before anything is tested.

Most red results of conformance suites are configuration errors. The doctor looks at the network file, the
certificates, the endpoints, the lists and the FHIR metadata, and gives every problem a side: *your product*,
*your configuration*, *our harness*, or *unclear specification*, with the one thing to change.

Central module: :mod:`harness.network.doctor.examination`.
"""

from __future__ import annotations

from harness.network.doctor.diagnosis import Diagnosis
from harness.network.doctor.examination import examine

__all__ = ["Diagnosis", "examine"]
