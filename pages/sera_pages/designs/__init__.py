"""Pages of beds that a group draws together."""
