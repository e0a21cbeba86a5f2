"""Orders of one priority, assigned jointly: most units filled in all, then the rest of the comparison summed."""
