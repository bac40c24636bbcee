"""Give figures back to people: data packs, handouts, the living mural and a page."""
