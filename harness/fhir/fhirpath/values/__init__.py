"""Values and what can be done with two of them; :mod:`.items` first: it reads a value from an item.

:mod:`.temporal`, :mod:`.quantity` and :mod:`.ucum` are the values that Python has not; :mod:`.equality`,
:mod:`.order` and :mod:`.arithmetic` the operators; :mod:`.regexes` bounded regular expressions.
"""
