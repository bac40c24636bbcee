"""Plants of gardens and balconies: each fact with the source that it was read in."""
