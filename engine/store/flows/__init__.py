"""Stock in motion, and what was promised, as it is stored."""
