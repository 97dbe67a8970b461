"""A run that several processes drive: each drives cells of its own, in the one run folder.

The process that owns the folder shares its cells out (:mod:`~harness.matrix.crew.sharing_out`), starts the
others (:mod:`~harness.matrix.crew.crew`), and takes over what they finished as it takes over what an earlier
process finished (``--resume``). Each of the others (:mod:`~harness.matrix.crew.helper`) has mocks of its own.
"""
