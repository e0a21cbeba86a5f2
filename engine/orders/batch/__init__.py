"""Batches: orders of one priority planned jointly, decided in turn, answered in the order sent."""
