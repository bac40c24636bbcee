"""The living mural as one SVG."""
