"""HTTP resources of stock in motion: what comes in, comes back, is moved and is shared out."""
