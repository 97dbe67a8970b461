"""What FHIRPath computes with: dates, quantities, units, regular expressions, comparison."""
