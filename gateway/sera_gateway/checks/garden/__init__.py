"""Comparisons of values with those of other origins of their garden."""
