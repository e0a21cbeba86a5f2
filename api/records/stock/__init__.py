"""Stock as JSON: positions and counts, movements, and what is free to a channel."""
