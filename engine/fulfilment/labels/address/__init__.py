"""Addresses as the lines that stand on a parcel, in the order of the country they are in."""
