"""What is worth moving of one SKU, if shipments cost nothing of themselves: an exact min-cost flow, in integers."""
