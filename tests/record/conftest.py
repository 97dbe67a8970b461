"""Makes ``evidencekit``, ``rawkit`` and ``sealkit`` importable for the tests of recordings and seals."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

for _name in ("evidencekit", "rawkit", "sealkit"):
    _spec = importlib.util.spec_from_file_location(_name, Path(__file__).with_name(f"{_name}.py"))
    _module = importlib.util.module_from_spec(_spec)
    sys.modules.setdefault(_name, _module)
    _spec.loader.exec_module(_module)
