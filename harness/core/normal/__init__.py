"""Normal forms: when two written values say the same (reference record, section 6).

The recorder keeps what equals a record, the reconciliation compares with it; both ask here, so that what is
equal is never masked. :mod:`.texts` words and documents, :mod:`.moments` dates and times, :mod:`.codes`
numbers, codes and systems, :mod:`.people` names, addresses and telephone numbers.

A form is a hashable value; two values with one form are equal. Where equality has a direction (a record of a
day, an answer with a time) there is a function ``same_…(record, answer)`` instead.
"""
