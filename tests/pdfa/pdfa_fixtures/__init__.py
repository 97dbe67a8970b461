"""Documents of our own for the PDF/A tests: small builders and one defect per document."""
