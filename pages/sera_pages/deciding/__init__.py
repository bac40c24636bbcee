"""Deciding together: proposals, objections, votes that nobody sees, the rule in plain words, minutes."""
