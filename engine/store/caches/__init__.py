"""What is kept by version so that it need not be read or worked out again: networks, products, matchers."""
