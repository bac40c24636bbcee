"""Checks of values after QARTOD, and their limits: pure functions for gateway and analysis alike."""
