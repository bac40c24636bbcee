"""One installation on disk, and what the verbs share of it."""
