"""A foreign PGO as a script: it knows the printed instructions of ``harness serve`` and nothing of the harness.

``pgo`` is the program, with a switch for each thing that it may do wrong; ``wrong`` says what each of them must
come to.
"""
