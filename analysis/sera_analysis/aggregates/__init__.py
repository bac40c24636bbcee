"""A garden's readings added up by local day and part of the day: what figures are made from."""
