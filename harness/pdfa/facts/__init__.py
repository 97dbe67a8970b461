"""What a document holds, found by walkers and handed to a sink; knows nothing of the rules."""
