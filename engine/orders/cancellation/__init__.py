"""Cancellations: which units go, and the one write that lets them go."""
