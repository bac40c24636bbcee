"""Dashboards drawn with Grafana's own code from the answers of a real InfluxDB, without a Grafana."""
