"""What the tests of the FHIR server share."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_spec = importlib.util.spec_from_file_location("serverkit", Path(__file__).with_name("serverkit.py"))
serverkit = importlib.util.module_from_spec(_spec)
sys.modules.setdefault("serverkit", serverkit)
_spec.loader.exec_module(serverkit)
