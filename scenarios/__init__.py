"""The scenarios: pytest functions that say which flow and which requirements (see ``harness.scenario``)."""
