"""Sessions with a live PGO: what our side plays while one PGO, one person and one standard are looked at.

:mod:`harness.network.sessions.session` is one session: which situation is played, which visit an exchange is
of, when a PGO has met a situation. :mod:`harness.network.sessions.floor` finds the session of a request,
:mod:`harness.network.sessions.watching` records what happens in it, :mod:`harness.network.sessions.stage`
holds the servers that should not be trusted, :mod:`harness.network.sessions.lists` the lists that lead there.
Nothing here decides a verdict.
"""
