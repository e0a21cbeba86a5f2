"""The index by which decisions and orders are found by SKU and node. It is made of the log."""
