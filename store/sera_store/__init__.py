"""Where readings live: the table of records, the registry, results, followers and what may leave."""
