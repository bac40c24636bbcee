"""Sums by hour and day, made from records and made again where those change."""
