"""What the log says should be there of stock in motion."""
