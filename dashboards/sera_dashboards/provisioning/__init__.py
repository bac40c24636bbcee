"""How dashboards and alerts get into a Grafana: files that it reads by itself, or its HTTP interface."""
