"""Grafana dashboards as code: plain dictionaries, one module a dashboard, one place for looks, and lint."""
