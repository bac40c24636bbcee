"""The surplus table: what is given, reserved with a word, looked for, shared, and forgotten."""
