"""Allocates the units of one SKU from the open shipments to its lines."""
