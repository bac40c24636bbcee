"""Which figures are made again, by whom, and how they are written."""
