"""Verbs to begin with: demo, up, doctor."""
