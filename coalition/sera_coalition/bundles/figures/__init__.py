"""Figures of the community in bundles, held against rows of its gardens."""
