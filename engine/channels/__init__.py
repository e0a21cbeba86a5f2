"""What each sales channel may take of the stock, and how much of it there should be."""
