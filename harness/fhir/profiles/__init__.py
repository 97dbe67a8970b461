"""What profiles and terminology say; start with :mod:`.knowledge`, which answers by canonical URL.

:mod:`.facts` is what one StructureDefinition says, :mod:`.differentials` lays a chain of them over each other
into the sparse :mod:`.tree` of a profile, :mod:`.terminology` decides codes, :mod:`.slicing` tells slices
apart, :mod:`.books` are the facts that ship with the harness. :mod:`.distill` strips prose from definitions.
"""
