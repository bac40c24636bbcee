"""Panels as plain dictionaries, their queries, and the grid they stand in."""
