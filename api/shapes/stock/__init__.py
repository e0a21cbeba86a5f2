"""The shapes of what is sent about stock: counts, and what came and left."""
