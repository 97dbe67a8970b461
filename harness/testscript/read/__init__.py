"""What a script says and where it lies.

:mod:`.model` is the lenient model; :mod:`.script`, :mod:`.actions` and :mod:`.xml` read a file, :mod:`.sets`
the folders around it; :mod:`.placeholders` fills in ``${…}``, :mod:`.tokens` says which token is whose, and
:mod:`.requirements` which of our requirements a script rehearses.
"""
