"""The optimiser: which option ships how many of what, at the least cost, exactly."""
