"""Agreements between two communities: keys, fields, signatures, and what is kept of them."""
