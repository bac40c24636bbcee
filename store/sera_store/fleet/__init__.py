"""What is known of each node of a fleet, gathered from registry, records and accounts."""
