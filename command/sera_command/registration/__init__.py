"""What is entered in the registry by verbs and by pages alike, with all that follows from it."""
