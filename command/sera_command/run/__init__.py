"""Verbs that run and keep an installation."""
