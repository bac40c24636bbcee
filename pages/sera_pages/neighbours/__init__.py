"""Agreements with neighbouring communities, and what was given and received by them, side by side."""
