"""Which shipments are worth their price, where some have one of their own, or a least number of units."""
