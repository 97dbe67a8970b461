"""Driving requests that a DVZA must refuse (:mod:`harness.medmij.refusals`).

:mod:`run` walks through the cells of a flow, :mod:`wallet` holds the grants and endpoints that they need,
:mod:`data`, :mod:`grants`, :mod:`authorize` and :mod:`steps` send them, :mod:`pace` keeps to the rate of a
live party.
"""
