"""The words every room shares, and nothing that knows FHIR, PDF or MedMij.

Central module: :mod:`harness.core.run.findings` (what a judge says). Around it: verdicts and exit
codes, issues (one shape for every low-level defect), exchanges (one recorded HTTP request and
response), the run folder, the event stream, the injected clock, the ``T``-date resolver, bilingual
texts, strict YAML, and the loader for the data folders.
"""
