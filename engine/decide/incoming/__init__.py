"""What an order is promised of goods that are to come, and what it could expect of them."""
