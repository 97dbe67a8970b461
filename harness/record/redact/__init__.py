"""Redaction: what is learned as secret, recognised, tagged and rewritten before anything is written."""
