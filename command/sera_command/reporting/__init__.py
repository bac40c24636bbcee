"""The open report, composed of tables, the registry, the store's figures, and the statistics of analysis."""
