"""What the letters of all producers say; the same index gives the same letter."""

from __future__ import annotations

import random

WORDS = [
    "medicatie",
    "afspraak",
    "huisarts",
    "patiënt",
    "controle",
    "brief",
    "uitslag",
    "bloeddruk",
    "verslag",
    "consult",
    "naïef",
    "café",
    "reünie",
    "één",
    "letter",
    "appointment",
    "result",
    "summary",
    "dosage",
    "allergy",
    "follow-up",
    "Straße",
    "€12,50",
    "50%",
    "3×daags",
]


class Letter:
    """One letter.

    :param index: which one; features are spread over the letters by :meth:`has`.
    """

    def __init__(self, index: int) -> None:
        self.index = index
        self.rng = random.Random(index)

    def has(self, feature: int, one_of: int) -> bool:
        """Whether this letter has a feature; one in ``one_of`` letters has it, independently of other features."""
        return random.Random(self.index * 1009 + feature).randrange(one_of) == 0

    def text(self, sentences: int) -> str:
        """Some sentences."""
        rng = self.rng
        return " ".join(
            " ".join(rng.choice(WORDS) for _ in range(rng.randint(4, 14))).capitalize() + "."
            for _ in range(sentences)
        )

    def html(self, font: str = "") -> str:
        """A letter, table or report as HTML."""
        rules = [f"body{{font-family:'{font}'}}"] if font else []
        rules += ["h1{color:#036}"] if self.has(1, 3) else []
        rules += ["p{opacity:.6}"] if self.has(2, 4) else []
        rules += ["table{background:#eef}"] if self.has(3, 4) else []
        rows = "".join(f"<tr><td>{self.text(1)}</td><td>{i}</td></tr>" for i in range(self.rng.randrange(7)))
        parts = [f"<h1>Brief {self.index}</h1><p>{self.text(3 + self.index % 9)}</p>"]
        parts += [f"<table border=1>{rows}</table>"] if rows else []
        if self.has(4, 3):
            parts.append(
                '<svg width="80" height="40"><circle cx="20" cy="20" r="15" fill="teal" fill-opacity=".5"/></svg>'
            )
        parts += ["<ul><li>een</li><li>twee</li></ul>"] if self.has(5, 3) else []
        parts += [f'<p><a href="https://example.com/{self.index}">meer</a></p>'] if self.has(6, 2) else []
        parts += [f"<p><b>{self.text(2)}</b> <i>{self.text(1)}</i></p>"] if self.has(7, 2) else []
        parts += (
            ["<form><input name=a value=b><input type=checkbox checked></form>"] if self.has(8, 6) else []
        )
        head = f'<meta charset="utf-8"><title>Brief {self.index}</title><meta name="author" content="Jansen">'
        return f'<html lang="nl"><head>{head}<style>{"".join(rules)}</style></head><body>{"".join(parts)}</body></html>'

    def latin(self, sentences: int) -> str:
        """Some sentences without any character that old programs cannot print."""
        return self.text(sentences).encode("ascii", "ignore").decode().replace("%", "")
