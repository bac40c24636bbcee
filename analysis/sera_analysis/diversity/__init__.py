"""Diversity of one sample: Hill numbers, coverage, rarefaction, richness."""
