"""Stories and recipes: told, read, searched, taken back; audiences; plants of which something is told."""
