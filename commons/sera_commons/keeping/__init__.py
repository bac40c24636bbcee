"""Stories in the chronicle, in memory for reading and searching."""
