"""Stock in motion over HTTP: what comes in, what comes back, what is moved and shared out."""
