"""Pages that explain a figure and hand out tables."""
