"""Device families: their files, the examples in them, trials on messages, and proposals of new ones."""
