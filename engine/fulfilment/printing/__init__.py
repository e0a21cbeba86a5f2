"""Printing: jobs of each node, and the printers that take them."""
