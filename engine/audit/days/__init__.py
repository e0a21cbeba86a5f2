"""What came of the orders of each day, added up from the log while it grows."""
