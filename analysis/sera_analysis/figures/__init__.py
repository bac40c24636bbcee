"""Result records of gardens, communities and districts, one module a kind of figure."""
