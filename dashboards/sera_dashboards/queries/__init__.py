"""Queries in InfluxQL, one function a question."""
