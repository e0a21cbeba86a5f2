"""Lower bounds: what every choice in a branch of the search costs at least."""
