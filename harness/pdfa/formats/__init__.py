"""What a check found, in the formats that other programs read: JSON, JUnit, SARIF, veraPDF's XML.

Each module has one ``render`` from checked documents to the text of a report; ``entries`` is the JSON form of
one document. Nothing here decides anything.
"""
