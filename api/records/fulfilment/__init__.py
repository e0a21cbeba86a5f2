"""Answers about parcels: packed, labelled, printed, handed over and tracked."""
