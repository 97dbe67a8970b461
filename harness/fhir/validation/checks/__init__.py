"""Checks of one kind of thing each, for :mod:`harness.fhir.validation.engine` to call.

Codes (:mod:`.bindings`, :mod:`.codes`, :mod:`.grammars`), :mod:`.references`, :mod:`.extensions`,
:mod:`.bundles`, :mod:`.narrative`, :mod:`.primitives`, :mod:`.ranges`; FHIRPath rules in :mod:`.invariants`,
with those of the base specification that are written out in :mod:`.natives`.
"""
