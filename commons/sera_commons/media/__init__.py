"""Pictures made anew and sound stripped, so that no place, time or device comes along."""
