"""Fact books: constraints that ship with the harness, so that it validates without official packages.

A book (:mod:`.book`, read this first) holds the profiles, extensions and value sets that a set of seed
profiles needs (parents, type profiles, reference targets), facts only: paths, cardinalities, types, codes,
canonical URLs, FHIRPath, slices. ``harness profiles distill`` collects one from an official package and
writes it (:mod:`.as_yaml`); :mod:`.embedded` reads those in ``profiles/fhir/``. A book is asked when no
package has the profile, and compiles into the same rules.
"""
