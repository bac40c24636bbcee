"""Simulated seasons in a store: for the demo, and for packs to look at."""
