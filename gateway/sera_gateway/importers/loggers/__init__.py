"""Files of loggers: each maker's family says what its columns are, and one reader makes rows of them."""
