"""What was reported, what was decided, and what who gave it answered."""
