"""Verbs of what neighbours agree and share."""
