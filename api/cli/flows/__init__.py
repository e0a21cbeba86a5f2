"""Commands about stock in motion, and what was promised."""
