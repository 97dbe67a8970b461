"""JUnit: pytest writes the file; an item that is broken gets ``<error>`` instead of ``<failure>``.

pytest knows one kind of failing test, so a CI server would show an unreachable endpoint or an undecided
requirement as a failure of the product.
"""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from harness.core.run.place import disk

BROKEN = ("outcome", "broken")
"""The property with which the pytest plugin marks an item that is not a failure of the product."""


def mark_broken(path: Path) -> None:
    """Turn the failures of marked items into errors; does nothing when there is no such file."""
    try:
        document = etree.parse(path, etree.XMLParser(resolve_entities=False, huge_tree=True))
    except (OSError, etree.XMLSyntaxError):  # it is not there, or there was no room for all of it
        return
    name, value = BROKEN
    for suite in document.iter("testsuite"):
        moved = 0
        for case in suite.iter("testcase"):
            if any(item.get("name") == name and item.get("value") == value for item in case.iter("property")):
                for failure in case.findall("failure"):
                    failure.tag = "error"
                    moved += 1
        for attribute, change in (("failures", -moved), ("errors", moved)):
            suite.set(attribute, str(int(suite.get(attribute, "0")) + change))
    disk.write(path, etree.tostring(document, xml_declaration=True, encoding="utf-8"))
