"""One script: its steps in order, the requests they ask for, the content they name.

Start at :mod:`.execution` (the flow and its stop rules); :mod:`.requests` turns an operation into a request,
:mod:`.sources` holds fixtures, stored responses and variables, :mod:`.steps` what is noted per action,
:mod:`.transport` ways to send.
"""
