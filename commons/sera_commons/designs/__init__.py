"""A bed drawn together: its document, checks after merging, advice, a plan to scale and 3-D forms."""
