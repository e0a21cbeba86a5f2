"""Personal values of orders: their keys, what is encrypted by them, and erasing."""
