"""Figures with all that is needed to trust them, or the reason why there is none."""
