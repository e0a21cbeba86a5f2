"""The backlog: orders that wait for stock, and the offers of what arrives."""
