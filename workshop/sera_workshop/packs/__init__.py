"""What is given to people: the pack with its handout, and the page."""
