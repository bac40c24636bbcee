"""Followers of the table of records: InfluxDB and JSON lines."""
