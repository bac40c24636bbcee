"""Templates, and what every page is given."""
