"""Carriers: numbers of parcels, labels that are bought, and where parcels are."""
