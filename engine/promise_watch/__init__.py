"""Watches what was promised: whether each shipment still leaves in time to arrive by then."""
