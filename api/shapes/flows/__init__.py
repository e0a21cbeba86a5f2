"""Shapes of what is sent about stock in motion."""
