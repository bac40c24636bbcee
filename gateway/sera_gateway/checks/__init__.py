"""Checks of values among their neighbours, once those are here."""
