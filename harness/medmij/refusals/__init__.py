"""Requests that a DVZA must refuse, as data (``profiles/afsprakenstelsel/refusals.yaml``).

:mod:`rows` says which requests there are, :mod:`cells` which of them are sent in a run. Drivers send them,
judges look at what came of them; both name a request by group, row and what it was about.
"""
