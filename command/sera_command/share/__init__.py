"""Verbs that make what is given away: packs, murals, dashboards."""
