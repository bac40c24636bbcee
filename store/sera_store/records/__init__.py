"""The append-only table of records: its rows, its indexes, and reading it."""
