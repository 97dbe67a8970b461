"""Information standards as data: the table of standards, their queries and the faults that must be caught."""
