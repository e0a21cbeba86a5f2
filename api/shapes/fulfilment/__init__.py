"""Requests about parcels."""
