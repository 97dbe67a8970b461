"""Judging asserts on recorded exchanges: pure functions."""
