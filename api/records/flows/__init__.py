"""Stock in motion, as JSON."""
