"""What a document holds, as facts that rules look at."""
