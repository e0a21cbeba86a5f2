"""Units of one SKU given to its lines from the shipments that are open."""
