"""Twins: our configurable mocks of the stelselnode, the DVZA, the HIS and the PGO.

Strict; every deviation is a fault that was switched on by name.

:mod:`harness.network.twins.building` makes those of a network file.
"""
