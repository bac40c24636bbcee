"""Pages on which people come in, and see who is here."""
