"""Stock in motion over HTTP: what comes in, comes back, is moved, and how fast articles sell."""
