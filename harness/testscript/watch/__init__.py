"""Watching a live client: which script a request belongs to, the mock that answers, the terminal."""
