"""Looking for a search that is answered wrongly: :mod:`.generate` makes searches that the server promises,
:mod:`.search` sends them within a budget and shrinks to the smallest that is amiss. What it means, the
    judges say.
"""
