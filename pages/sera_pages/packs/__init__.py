"""Workshop packs asked for on a page, made in a process that ends."""
