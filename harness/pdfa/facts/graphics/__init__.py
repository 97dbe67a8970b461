"""Facts of what is painted: content streams, graphics states, colour, text, images and forms."""
