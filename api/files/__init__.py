"""Reads the files that people write: networks, products, stock, orders, policies and their tests."""
