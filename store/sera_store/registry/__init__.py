"""Who and what is where, since when: every change kept."""
