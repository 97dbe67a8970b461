"""Spot checks: recorded queries, asked again of the live system, and what differs."""
