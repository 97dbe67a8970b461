"""The pages of the DVZA twin: Dutch, accessible, without JavaScript.

Labels, fieldsets, one ``h1`` per page, visible focus, contrast of at least 7:1, language stated. The text of
the framework's screens is not copied: these pages carry the same elements in our own words.
"""

# ruff: noqa: E501 - lines of HTML
from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

from jinja2 import DictLoader, Environment, StrictUndefined

from harness.network.wire.serving import Outgoing

_BASE: Final = """<!doctype html>
<html lang="nl">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }} - {{ provider }}</title>
<style>
body{font:1.125rem/1.5 system-ui,sans-serif;color:#15202b;background:#fff;margin:0}
header{background:#0b3d66;color:#fff;padding:.75rem 1rem}
header p{margin:0;max-width:42rem}
main{max-width:42rem;padding:1rem}
h1{font-size:1.6rem;line-height:1.25}
fieldset{border:1px solid #5b6670;border-radius:.25rem;margin:1rem 0;padding:.5rem 1rem}
.choice{display:flex;gap:.6rem;align-items:flex-start;min-height:2.75rem;padding:.35rem 0}
input{inline-size:1.4rem;block-size:1.4rem;margin:.15rem 0 0;flex:none}
button{font:inherit;padding:.65rem 1.2rem;min-height:2.75rem;border-radius:.25rem;border:2px solid #0b3d66;
background:#0b3d66;color:#fff;cursor:pointer;margin:.25rem .5rem .25rem 0}
button.second{background:#fff;color:#0b3d66}
a{color:#0b3d66}
:focus-visible{outline:4px solid #b35900;outline-offset:2px}
.note{color:#3d4852;font-size:1rem}
dl{font-family:ui-monospace,monospace;font-size:1rem}
</style>
</head>
<body data-step="{{ step }}">
<header><p>{{ provider }} &ndash; testomgeving, alleen verzonnen personen</p></header>
<main>
<h1>{{ title }}</h1>
{% block content %}{% endblock %}
</main>
</body>
</html>
"""

_TEMPLATES: Final = {
    "base": _BASE,
    "landing": """{% extends "base" %}{% block content %}
<p>U komt van <strong>{{ pgo }}</strong> en bent nu bij <strong>{{ provider }}</strong>.
{% if function == "share" %}Hier geeft u door dat u gegevens wilt delen met {{ provider }}.{% else %}Hier kunt u
vragen om gegevens uit het dossier van {{ provider }} op te halen.{% endif %}</p>
<p>Eerst logt u in. Daarna vragen wij wat u wilt.</p>
<form method="post" action="{{ action }}/landing">
<input type="hidden" name="transaction" value="{{ transaction }}">
<button type="submit" name="action" value="continue">Verder naar inloggen</button>
<button type="submit" name="action" value="cancel" class="second">Annuleren</button>
</form>
{% endblock %}""",
    "login": """{% extends "base" %}{% block content %}
<p>Dit is een nagebootste inlogdienst. Kies de testpersoon met wie u verder wilt.</p>
<form method="post" action="{{ action }}/login">
<input type="hidden" name="transaction" value="{{ transaction }}">
<fieldset>
<legend>Testpersoon</legend>
{% for person in persons %}
<div class="choice"><input type="radio" name="person" id="person-{{ loop.index }}" value="{{ person.id }}" required>
<label for="person-{{ loop.index }}">{{ person.display }}</label></div>
{% endfor %}
</fieldset>
<button type="submit" name="action" value="login">Inloggen</button>
<button type="submit" name="action" value="cancel" class="second" formnovalidate>Annuleren</button>
</form>
{% endblock %}""",
    "consent": """{% extends "base" %}{% block content %}
{% if function == "share" %}
<p>Wilt u dat <strong>{{ pgo }}</strong> gegevens van u doorgeeft aan <strong>{{ provider }}</strong>?</p>
{% else %}
<p>Geeft u <strong>{{ provider }}</strong> toestemming om gegevens over u te geven aan <strong>{{ pgo }}</strong>?</p>
{% endif %}
<p>Het gaat om:</p>
<ul>{% for service in services %}<li>{{ service }}</li>{% endfor %}</ul>
<form method="post" action="{{ action }}/consent">
<input type="hidden" name="transaction" value="{{ transaction }}">
{% if long_term %}
<div class="choice"><input type="checkbox" name="long_term" id="long-term" value="yes"
{%- if preselected %} checked{% endif %}>
<label for="long-term">Ik geef deze toestemming zonder einddatum. {{ pgo }} kan dan opnieuw gegevens ophalen
zonder dat ik steeds inlog.</label></div>
<details><summary>Uitleg</summary><p class="note">Een toestemming zonder einddatum vervalt als zes maanden lang niets
wordt opgehaald. U kunt haar altijd intrekken bij {{ provider }}.</p></details>
{% endif %}
<button type="submit" name="action" value="yes">{{ "Ja, doorgeven" if function == "share" else "Ja, toestemming geven" }}</button>
<button type="submit" name="action" value="no" class="second">{{ "Nee, niet doorgeven" if function == "share" else "Nee, geen toestemming" }}</button>
</form>
{% endblock %}""",
    "error": """{% extends "base" %}{% block content %}
<p>{{ message }}</p>
{% if trace %}<p>Vermeld bij vragen deze gegevens:</p>
<dl><dt>Trace ID</dt><dd>{{ trace }}</dd><dt>Session ID</dt><dd>{{ session }}</dd></dl>{% endif %}
{% if back %}<p><a href="{{ back }}">Terug naar {{ pgo }}</a></p>{% endif %}
{% endblock %}""",
    "consents": """{% extends "base" %}{% block content %}
{% if not consents %}<p>U hebt geen lopende toestemmingen zonder einddatum.</p>{% endif %}
{% for consent in consents %}
<form method="post" action="{{ action }}/consents">
<input type="hidden" name="transaction" value="{{ transaction }}">
<input type="hidden" name="consent" value="{{ consent.id }}">
<p>{{ consent.pgo }}: {{ consent.services }}</p>
<button type="submit" name="action" value="withdraw">Toestemming voor {{ consent.pgo }} intrekken</button>
</form>
{% endfor %}
{% endblock %}""",
}

_ENVIRONMENT: Final = Environment(
    loader=DictLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)

HEADERS: Final = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    ("X-Frame-Options", "DENY"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
)


_TAG: Final = re.compile(r"<[^>]*>|{[{%].*?[%}]}", re.S)
_WORD: Final = re.compile(r"[^\W\d_]+")


@cache
def own_words() -> frozenset[str]:
    """The words of these pages, lower case."""
    said = " ".join(_TAG.sub(" ", text.partition("</style>")[2] or text) for text in _TEMPLATES.values())
    return frozenset(word.casefold() for word in _WORD.findall(said))


def page(
    name: str, *, status: int = 200, headers: tuple[tuple[str, str], ...] = (), **values: Any
) -> Outgoing:
    """A page as a response.

    :param name: ``landing``, ``login``, ``consent``, ``error``, ``consents``.
    """
    context = {"step": name, **values}
    body = _ENVIRONMENT.get_template(name).render(**context).encode()
    return Outgoing(status=status, headers=(*HEADERS, *headers), body=body)
