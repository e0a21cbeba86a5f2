"""Commands about stock in motion."""
