"""Expressions: a file a kind, and what all kinds have in common."""
