"""The report of one party as PDF/A-3b with PDF/UA-1 tags, and its signature. Needs the extra ``report``.

Facts come from :mod:`harness.report.vendor`; they reach the template as data, never as markup.
"""
