"""Verbs that make figures and explain them."""
