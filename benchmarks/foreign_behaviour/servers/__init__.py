"""DVZAs of somebody else: ``style`` says what one is, the other modules hold them, by interface."""
