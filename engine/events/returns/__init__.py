"""What events tell of returns."""
