"""A strict validator for anybody's archive: reads no store and asks no network."""
