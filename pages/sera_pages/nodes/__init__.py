"""Pages for stewards: nodes, and messages that were refused."""
