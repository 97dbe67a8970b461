"""What the OPEN programme asks of a supplier: basic requirements and the steps of a field test."""
