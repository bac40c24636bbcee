"""Current values as files and tables for other tools."""
