"""Answers about stock in motion: what comes in, comes back, is moved, and how fast articles sell."""
