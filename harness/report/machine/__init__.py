"""What programs read of a run: the JSON summary, JUnit, SARIF, FHIR TestReport, a badge for a web page.

Functions of what was judged; they decide nothing and look at no clock.
"""
