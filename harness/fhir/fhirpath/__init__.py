"""FHIRPath over JSON-shaped FHIR documents: parser, two dialects, all normative functions (HL7 FHIRPath N1).

::

    from harness.fhir.fhirpath import DocumentContext, compile
    from harness.fhir.model.types import load_model

    model = load_model("3.0.2")
    bundle = DocumentContext(resource, model=model)      # once per document: shared work is remembered
    found = compile("Bundle.entry.resource.where($this is Task)", model=model)
    for node in found.evaluate(bundle):                  # Node: value, type, location; or plain values
        print(node.type, node.location)
    found.check(bundle)                                  # as verdict
    found.decide(bundle).mode_matters                    # would the strict dialect say something else?

    name = bundle.node.child("name", 0)                  # an invariant at an element
    compile("family.exists() or given.exists()", model=model).check(bundle, context=name)

Read :mod:`.expression` first: what callers hold. A text becomes a tree in :mod:`.parser` (:mod:`.syntax`), a
tree becomes closures in :mod:`.compiler`, which work on the tuples of :mod:`.nodes` with :mod:`.navigation`,
:mod:`.values`, :mod:`.types` and the :mod:`.functions`, and carry a :mod:`.context` along. :mod:`.dialect`
and :mod:`.differences` say what differs between the dialects.
"""

from harness.fhir.fhirpath.context import DocumentContext, Services
from harness.fhir.fhirpath.errors import FHIRPathError, FHIRPathSyntaxError, FHIRPathUnsupportedError
from harness.fhir.fhirpath.expression import Decision, Expression, compile
from harness.fhir.fhirpath.nodes import Node, TypeInfo
from harness.fhir.fhirpath.values.quantity import Quantity
from harness.fhir.fhirpath.values.temporal import Temporal

__all__ = [
    "Decision",
    "DocumentContext",
    "Expression",
    "FHIRPathError",
    "FHIRPathSyntaxError",
    "FHIRPathUnsupportedError",
    "Node",
    "Quantity",
    "Services",
    "Temporal",
    "TypeInfo",
    "compile",
]
