"""Virtual gardens and virtual nodes: a model to test and show Sera with, never a source of data."""
