"""Stock in motion, in the server: what comes in, comes back, is moved, and how fast articles sell."""
