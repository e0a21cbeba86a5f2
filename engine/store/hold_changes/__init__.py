"""Changes of the units of holds, by line: read, worked out, written in one script."""
