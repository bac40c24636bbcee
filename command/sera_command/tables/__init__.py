"""Verbs that answer from any table, without a store."""
