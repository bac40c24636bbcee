"""Soil water and warmth."""
