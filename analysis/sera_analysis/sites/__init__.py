"""Diversity of many sites: figures with intervals, dissimilarity and partition."""
