"""Facts of fonts and of the glyphs that are shown: dictionaries, encodings, CMaps, embedded programs."""
