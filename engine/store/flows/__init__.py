"""What stock in motion leaves in the store: what comes in, what comes back, what is moved."""
