"""Intervals, comparisons and inequality: pure functions on arrays."""
