"""From a syntax tree to closures: a tree enters in :mod:`.dispatch`; :mod:`.code` is what a piece of code is.

:mod:`.paths`, :mod:`.operators`, :mod:`.logic`, :mod:`.literals` and :mod:`.type_tests` make the code of one
kind of tree each. Functions are handed in: nothing here imports them.
"""
