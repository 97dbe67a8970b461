"""How other people's software behaves, and what must be said of it.

``rows.yaml`` holds every stub with its complete verdict, decided from the rules before it was run. ``servers``
are DVZAs that differ in style, reached as live parties and judged by ``harness qualify``; ``clients`` are PGOs that
differ in style, judged through sessions of ``harness serve``. ``__main__`` runs them.
"""
