"""Deliberate defects of twins, switched on by name: pure changes of one answer or one request."""
