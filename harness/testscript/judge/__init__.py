"""Judging asserts on recorded exchanges: pure functions, no network, clock or randomness.

Start at :mod:`.asserts` (one assert, by its criterion); :mod:`.case` holds what a criterion gets and gives,
:mod:`.content` and :mod:`.messages` the criteria, :mod:`.rules` the official rules, :mod:`.bodies` the parsed
bodies, :mod:`.explain` the words for people.
"""
