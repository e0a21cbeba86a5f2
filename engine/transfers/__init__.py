"""Moving stock between nodes: which lanes there are, what is worth moving, and what becomes of a transfer."""
