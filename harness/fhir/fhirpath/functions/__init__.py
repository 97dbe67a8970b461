"""The functions of FHIRPath, one module per family, registered in one table."""
