"""What-if rolled forward: the orders of the log, one after another, on the stock as the variant left it."""
