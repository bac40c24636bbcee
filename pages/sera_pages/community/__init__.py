"""Pages of a community and of a garden."""
