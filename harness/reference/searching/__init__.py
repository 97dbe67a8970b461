"""Searches that a server promises and no official script asks: what is promised, what an answer says.

:mod:`.promise` which searches may be asked, :mod:`.replies` answers and what one says about another,
:mod:`.pages` the pages of one answer, :mod:`.selection` an answer against the reference record. Whoever
drives (:mod:`harness.network.drive.searching`) looks for a search that is answered wrongly, whoever judges
looks at the recording; both ask here.
"""
