"""Our own server with the fixtures of a set, and watching the live client that calls it."""
