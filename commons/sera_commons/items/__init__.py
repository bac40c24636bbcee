"""Stories and recipes: what they hold, who may see them for what, and the one function that releases them."""
