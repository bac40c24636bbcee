"""Verbs that say who and what is where."""
