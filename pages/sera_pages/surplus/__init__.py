"""Pages of the surplus table: what is given, reserved with a word, handed over and looked for."""
