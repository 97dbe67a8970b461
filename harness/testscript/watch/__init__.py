"""A live client under test: which script a request belongs to, the mock that answers, the terminal.

:mod:`.client` answers and judges each request, :mod:`.matching` says which request is like which, one
:mod:`.session` is one script; :mod:`.mock` loads the sets, :mod:`.live` listens, :mod:`.board` draws.
"""
