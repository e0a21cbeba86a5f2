"""Parcels, and where they are, as JSON."""
