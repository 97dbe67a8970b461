"""Our own server with the fixtures of a set, and those fixtures for a vendor to load.

:mod:`.stores` is how the server is set up per set (``profiles/testscripts/self.yaml``), :mod:`.fixtures`
what is loaded, :mod:`.server` the loaded server, :mod:`.handout` the same resources written to a folder.
"""
