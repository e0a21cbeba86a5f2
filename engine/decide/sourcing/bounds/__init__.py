"""Lower bounds: what a branch of the search costs at least."""
