"""Parcels on the command line: packed, labelled, printed, handed over and tracked."""
