"""Stock in motion, and what was promised, over HTTP."""
