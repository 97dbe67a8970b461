"""Validation of resources and Bundles against the base specification and profiles.

::

    validator = Validator()                                   # base specification and the embedded standards
    validator = Validator(load_packages([...]))               # official packages first
    document = parse(data, model=validator.model)
    for issue in validator.validate(document):
        print(issue.severity, issue.rule, issue.path, issue.line, issue.message.en)

Pure: no clock, no randomness, no network; the same document and packages give the same issues. An issue has
severity ``error`` (the document does not conform), ``warning``, ``information`` or ``not-checked`` (a rule
that could not be decided offline).

Read :mod:`.validator`, then :mod:`.engine`, which ties the rest together. The base type of each element is
checked once by compiled closures (:mod:`.shapes`); each profile adds the rules of its sparse tree
(:mod:`.profile_rules`, :mod:`.item_checks`, :mod:`.slices`); what belongs to one kind of thing is in
:mod:`.checks`. All of them get the state of one validation (:mod:`.run`) and a place in the document
(:mod:`.places`).
"""

from __future__ import annotations

from harness.fhir.validation.validator import Validator

__all__ = ["Validator"]
