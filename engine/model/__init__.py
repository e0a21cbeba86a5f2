"""Values: the network, products, stock and orders."""
