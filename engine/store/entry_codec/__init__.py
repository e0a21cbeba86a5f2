"""How the body of a log entry is stored: compressed by a dictionary, personal values under their order's key."""
