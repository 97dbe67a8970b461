"""The reference record: what the file of a test person in the HIS really holds, and what must come of it.

``record/`` reads and writes record folders; ``oracle/`` says what must, may and must not come back of a
query on a
day; ``content/`` what of a resource is content and how two resources compare; ``reconcile/`` compares the
answers of
a cell with the records of all known persons. Nothing here makes traffic or gives verdicts.
"""
