"""Parcels, as the log says they should be."""
