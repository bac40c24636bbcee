"""Pictures made again and sound stripped, so that no place, time or device comes along."""
