"""Grafana boards as code: plain dictionaries, one module a board, one place for looks, and lint."""
