"""Deciding together: proposals, objections that can be lifted, votes that nobody sees, minutes."""
