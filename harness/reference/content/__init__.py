"""Which elements of a resource are content, their facts, and how a record's content is compared with an
answer's.

:mod:`.table` reads ``profiles/fhir/content-stu3.yaml``; :mod:`.facts` is what pairing goes by;
:mod:`.compare`
what a pair is compared with.
"""
