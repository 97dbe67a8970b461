"""Reports: functions of a run folder and listeners on the event stream; they decide nothing.

Central module: :mod:`harness.report.summary`, the tested facts that every page and the console show.
"""
