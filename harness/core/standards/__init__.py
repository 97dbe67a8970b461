"""Information standards as data: each a folder, complete or refused.

``table`` finds the folders and reads their ``standard.yaml``; ``queries``, ``entries`` (requirements and
faults, those of every standard filled in), ``groups`` and ``faults`` read the rest; ``completeness`` holds
the files against each other.
"""
