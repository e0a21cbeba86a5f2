"""Parcels: packed, printed and tracked."""
