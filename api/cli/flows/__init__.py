"""Stock in motion on the command line: what comes in, comes back, is moved, and how fast articles sell."""
