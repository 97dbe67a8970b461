"""Judging requests that a DVZA must refuse: leak first, form second.

:mod:`tried` reads from the recording what was sent, :mod:`data`, :mod:`grants`, :mod:`authorize` and
:mod:`steps` say what an answer means, :mod:`findings` makes one finding of each hole, with the requests that
showed it.
"""
