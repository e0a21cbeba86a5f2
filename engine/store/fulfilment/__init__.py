"""Parcels, addressees and manifests, as they are stored."""
