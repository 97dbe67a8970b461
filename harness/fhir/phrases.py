"""Words in which readers, validator and FHIRPath engine say what was asked and seen, in both languages.

They are constants, so that what is valid costs nothing; those with a field are filled in where they are said.
"""

from __future__ import annotations

from typing import Final

from harness.core.text import Text

# values and their shape

ABSOLUTE_URL: Final = Text(nl="absolute URL", en="absolute URL")
ABSOLUTE_URI: Final = Text(nl="absolute URI", en="absolute URI")
A_LIST: Final = Text(nl="lijst", en="list")
LIST_OF: Final = Text(nl="lijst van {code}", en="list of {code}")
LIST_OF_OBJECTS: Final = Text(nl="lijst van objecten", en="list of objects")
OBJECT_OR_NULL: Final = Text(nl="object of null", en="object or null")
VALUE_OR_EXTENSION: Final = Text(nl="waarde of extensie", en="value or extension")
RESOURCE_TYPE: Final = Text(nl="resourcetype", en="resource type")
ELEMENT_OF: Final = Text(nl="element van {name}", en="element of {name}")
ONCE: Final = Text(nl="één keer", en="once")
BRACKET: Final = Text(nl="< of {", en="< or {")
TEXT: Final = Text(nl="tekst", en="text")

INTEGER_OF_BITS: Final = Text(nl="geheel getal van {bits} bits", en="{bits}-bit integer")
INTEGER_ABOVE: Final = Text(nl="geheel getal {limit}", en="integer {limit}")
DECIMAL: Final = Text(nl="decimaal getal", en="decimal number")
A_TEXT: Final = Text(
    nl="tekst zonder stuurtekens, niet leeg, <= 1 MB",
    en="text without control characters, not empty, <= 1 MB",
)
A_CODE: Final = Text(
    nl="code zonder spaties eromheen en zonder dubbele spaties",
    en="code without surrounding or double spaces",
)
A_URI: Final = Text(
    nl="URI zonder spaties; urn:oid: en urn:uuid: welgevormd",
    en="URI without spaces; urn:oid: and urn:uuid: well-formed",
)
WITHOUT_SPACES: Final = Text(nl="{what} zonder spaties", en="{what} without spaces")
ELEVEN_TEST: Final = Text(nl="9 cijfers, elfproef", en="9 digits, eleven-test")

# codes

CODE_OF: Final = Text(nl="code uit {system}", en="code of {system}")
DECLARED_PROPERTY: Final = Text(nl="code uit CodeSystem.property", en="code in CodeSystem.property")
CODE_SYSTEM: Final = Text(nl="URI van een codestelsel", en="URI of a code system")
UNIT: Final = Text(nl="eenheid uit UCUM", en="UCUM unit")
LABELS: Final = Text(nl="labels die elk één keer voorkomen", en="a set of labels")

# links between resources

UNIQUE_ID: Final = Text(nl="unieke id", en="unique id")
CONTAINED_HAS_ID: Final = Text(nl="een contained resource heeft een id", en="contained resources have an id")
CONTAINED_ID: Final = Text(nl="id van een contained resource", en="id of a contained resource")
REFERENCE_TO: Final = Text(nl="een verwijzing naar #{ident}", en="a reference to #{ident}")
IN_BUNDLE: Final = Text(nl="fullUrl | Type/id uit Bundle.entry", en="fullUrl | Type/id in Bundle.entry")
ONE_ENTRY: Final = Text(nl="1 item", en="1 entry")
NO_ENTRY: Final = Text(nl="geen item", en="no entry")
NO_RESOURCE: Final = Text(nl="geen resource", en="no resource")
ONE_ANSWER: Final = Text(nl="1 antwoord", en="1 answer")
KNOWN_EXTENSION: Final = Text(nl="bekende extensie", en="known extension")
KNOWN_MODIFIER: Final = Text(nl="bekende modifierExtension", en="known modifierExtension")

# narrative

UNICODE: Final = Text(nl="Unicode-tekst", en="Unicode text")
NO_DTD: Final = Text(nl="geen DTD", en="no DTD")
WELL_FORMED: Final = Text(nl="welgevormde xhtml", en="well-formed xhtml")
FORMATTING_ELEMENTS: Final = Text(nl="elementen voor opmaak", en="formatting elements")
FORMATTING_ATTRIBUTES: Final = Text(nl="attributen voor opmaak", en="formatting attributes")
NO_BLOCK: Final = Text(nl="<p>: geen blokelement", en="<p>: no block element")

# definitions

NO_ELEMENT: Final = Text(nl="{where}: geen element {name}", en="{where}: no element {name}")

PACKAGES: Final = Text(
    nl=".tgz, map met package.json, naam#versie, HL7 definitions.zip",
    en=".tgz, folder with package.json, name#version, HL7 definitions.zip",
)

# sizes

NODES: Final = Text(nl="{count} knopen", en="{count} nodes")
ENTRIES: Final = Text(nl="{count} items", en="{count} entries")
CHARACTERS: Final = Text(nl="{count} tekens", en="{count} characters")
OF_ONE_TEXT: Final = Text(nl="{count} tekens in één tekst", en="{count} characters of one text")
ATTRIBUTES: Final = Text(nl="{count} attributen van één element", en="{count} attributes of one element")
DIGITS: Final = Text(nl="{count} cijfers", en="{count} digits")
AT_MOST: Final = Text(nl="hoogstens {what}", en="at most {what}")
VISITED: Final = Text(nl="{count} bezochte items", en="{count} visited items")
LEVELS: Final = Text(nl="{count} niveaus diep", en="{count} levels of nesting")
PATTERN: Final = Text(
    nl="hoogstens {count} tekens, vlaggen i en m", en="at most {count} characters, flags i and m"
)


def most(what: Text, count: int) -> Text:
    """No more than so many.

    >>> most(NODES, 10).of("nl")
    '<= 10 knopen'
    """
    said = what.format(count=count)
    return Text(nl=f"<= {said.nl}", en=f"<= {said.en}")


# FHIRPath

NUMBER: Final = Text(nl="getal", en="number")
NUMBER_OR_QUANTITY: Final = Text(nl="getal of hoeveelheid", en="number or quantity")
PLAIN_QUANTITY: Final = Text(nl="een Quantity zonder comparator", en="a Quantity without comparator")
CALENDAR_UNIT: Final = Text(
    nl="years, months, weeks, days, hours, minutes, seconds of milliseconds (niet 'a' of 'mo')",
    en="years, months, weeks, days, hours, minutes, seconds or milliseconds (not 'a' or 'mo')",
)
ONE_KIND: Final = Text(nl="twee waarden van dezelfde soort", en="two values of one kind")
LINEAR_PATTERN: Final = Text(
    nl="een patroon zonder vooruit- of terugkijken en zonder terugverwijzing",
    en="a pattern without look-around and back references",
)
A_TYPE: Final = Text(nl="een type van FHIR of System", en="a FHIR or System type")
NEW_NAME: Final = Text(nl="een nieuwe naam", en="a new name")
LOADED_PROFILE: Final = Text(nl="een geladen profiel", en="a loaded profile")
UTF8_TEXT: Final = Text(nl="{kind} van UTF-8-tekst", en="{kind} of UTF-8 text")
NOW: Final = Text(nl="now=… (of --at DATUM)", en="now=… (or --at DATE)")
UNKNOWN_FUNCTION: Final = Text(nl="onbekende functie {name}()", en="unknown function {name}()")
UNKNOWN_TYPE: Final = Text(nl="onbekend type {name}", en="unknown type {name}")
ARITY: Final = Text(
    nl="{name}() heeft {least}..{most} argumenten, geen {given}",
    en="{name}() takes {least}..{most} arguments, not {given}",
)
DEFINED_VARIABLE: Final = Text(nl="een gedefinieerde variabele", en="a defined variable")
OPERATOR_OR_END: Final = Text(
    nl="een operator of het einde van de expressie", en="an operator or the end of the expression"
)
END: Final = Text(nl="het einde van de expressie", en="the end of the expression")
TYPE_NAME: Final = Text(nl="de naam van een type", en="a type name")
ELEMENT_OR_FUNCTION: Final = Text(nl="de naam van een element of functie", en="an element name or function")
VARIABLE_NAME: Final = Text(nl="de naam van een variabele", en="the name of a variable")
SPECIAL: Final = Text(nl="$this, $index of $total", en="$this, $index or $total")
A_TERM: Final = Text(
    nl="een waarde, de naam van een element, een functie of '('",
    en="a value, an element name, a function or '('",
)
LESS_DEEP: Final = Text(nl="een minder diep geneste expressie", en="a less deeply nested expression")
TOO_DEEP: Final = Text(nl="te veel niveaus", en="too many levels")
