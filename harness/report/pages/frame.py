"""The frame of every page: style and script in the page itself, and the policy that allows only these.

A page needs nothing else and works from ``file://``; only a cell page reads the file with its messages when
a reader asks for one. The policy names style and script by their hash, so that nothing that a product sent
can run.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import jinja2

from harness.core.text import Lang
from harness.report.words import title, word

_FOLDER: Final = Path(__file__).parent.parent / "templates"
_ASSETS: Final[Mapping[str, tuple[str, ...]]] = {
    "matrix": ("style.css", "matrix.css", "page.js", "matrix.js"),
    "compare": ("style.css", "page.js", "compare.js"),
    "cell": ("style.css", "cell.css", "page.js", "cell.js"),
}
"""Style and script of a layout; by default the style alone."""


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@lru_cache(maxsize=8)
def _assets(layout: str) -> dict[str, str]:
    """Style, script and policy of a layout."""
    names = _ASSETS.get(layout, ("style.css",))
    style, script = (
        "".join((_FOLDER / name).read_text(encoding="utf-8") for name in names if name.endswith(ending))
        for ending in (".css", ".js")
    )
    allowed = f"{_hash(script)} 'strict-dynamic'" if script else "'none'"
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {allowed}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return {"style": style, "script": script, "policy": policy}


def _hash(text: str) -> str:
    return f"'sha256-{base64.standard_b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def render(layout: str, lang: Lang, words: Mapping[str, Any]) -> bytes:
    """A page.

    :param layout: name of its template.
    :param words: what the template names.
    """
    template = _environment().get_template(f"{layout}.html.j2")
    page = template.render(
        w=lambda name: word(name, lang),
        W=lambda name: title(name, lang),
        lang=lang,
        **_assets(layout),
        **words,
    )
    return page.encode()
