"""Stock in motion, as it is stored."""
