"""The rules that every dashboard keeps; each is a function from a dashboard to what it finds."""
