"""Stock in motion, and what was promised, as JSON."""
