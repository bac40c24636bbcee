"""Runs first on a board: nothing but room for what follows."""

import gc

gc.collect()
