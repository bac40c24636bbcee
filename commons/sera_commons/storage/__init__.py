"""Stories and events in the chronicle, in memory for reading and searching."""
