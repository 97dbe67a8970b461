"""Font programs and font dictionaries, parsed lazily and only as far as rules need."""
