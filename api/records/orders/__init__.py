"""Answers about orders: as they stand, and what became of a change or a batch of them, as JSON."""
