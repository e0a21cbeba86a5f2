"""Where each text, bar and line of a paper stands."""
