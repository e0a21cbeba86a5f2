"""Parcels over HTTP: packed, labelled, printed, handed over and tracked."""
