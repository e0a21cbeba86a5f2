"""The network, products and stock in the store: written, loaded whole, read."""
