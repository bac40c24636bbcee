"""The message journal: every message as it came, numbered, in one file a month."""
