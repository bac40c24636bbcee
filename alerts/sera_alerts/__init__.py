"""Tells people what is wrong with their nodes, and that it is well again, without Grafana."""
