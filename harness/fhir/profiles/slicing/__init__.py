"""Which slice does an item belong to: discriminators compiled to predicates; start with :mod:`.slices`.

For each slice the discriminators of the slicing give one predicate on an item; all have to agree. A slice of
which nothing can be told apart has predicate ``None``: the validator then says that the slice was not
checked. Predicates answer ``True``, ``False`` or ``None`` (cannot be told here, e.g. a reference that does
not resolve or a code of a code system that is not available).
"""
