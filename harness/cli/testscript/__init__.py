"""``harness testscript``: run official FHIR TestScripts, watch a live client, write the fixtures of a set.

One module per subcommand (:mod:`.run`, :mod:`.serve`, :mod:`.fixtures`), put together in :mod:`.commands`;
:mod:`.options` holds the options that they share, :mod:`.outcome` what they print.
"""
