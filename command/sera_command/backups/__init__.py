"""Backups: one file that holds an installation, plain or encrypted, and how it is brought back."""
