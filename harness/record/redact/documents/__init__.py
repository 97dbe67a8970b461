"""FHIR documents as the recorder looks at them.

:mod:`.read` says whether a body is one, :mod:`.in_json` and :mod:`.in_xml` find the people and values in it
and mask it, :mod:`.words` says which words are those of FHIR, :mod:`.broken` masks what no parser reads.
"""
