"""What is expected to sell, and how much stock there should be."""
