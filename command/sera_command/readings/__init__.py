"""Verbs that take readings in, list them, mend them and take them out."""
